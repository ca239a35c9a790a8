//! How often each kind of thing happened, so that a run that tests nothing is noticed.

macro_rules! tally {
    ($($name:ident),* $(,)?) => {
        #[derive(Clone, Copy, Debug, Default)]
        pub struct Tally {
            $(pub $name: u64,)*
        }

        impl Tally {
            pub fn parts(&mut self) -> Vec<(&'static str, &mut u64)> {
                vec![$((stringify!($name), &mut self.$name)),*]
            }
        }
    };
}

tally! {
    sessions, taken, unknown, abandoned, copies, offline, stored, not_stored, found_inside, found_taken, cuts,
    journal_failures, reports, conflicts, withdrawn_in_time, withdrawn_too_late, refused_offline, out_of_service,
    put_back, opened, opened_offline, taken_out, unsaid, pins, forced,
}

impl Tally {
    pub fn add(&mut self, mut other: Self) {
        self.parts().into_iter().zip(other.parts()).for_each(|((_, sum), (_, part))| *sum += *part);
    }

    pub fn never(mut self) -> Vec<&'static str> {
        self.parts().into_iter().filter(|(_, times)| **times == 0).map(|(name, _)| name).collect()
    }
}
