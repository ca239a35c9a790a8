//! Who presses twice means one key: on a page that has just come, its keys do not act at once. A second press that was meant for
//! the page before would otherwise meet whatever stands in the same place now.

use crate::view::{Action, Screen};

/// Knows which page is shown, as far as a finger can tell pages apart.
#[derive(Debug, Default)]
pub(crate) struct Guard {
    page: Option<(&'static str, Vec<Action>)>,
}

impl Guard {
    /// Notes what is shown; whether a finger that was on its way now meets other keys than it was meant for.
    pub fn is_another_page(&mut self, screen: &Screen) -> bool {
        let page = page(screen);
        if self.page.as_ref() == Some(&page) {
            return false;
        }
        // Nobody can have pressed anything before the first page.
        self.page.replace(page).is_some()
    }
}

/// A name and its keys, without those that come and go while the page is used, and those that always stand where they stand.
fn page(screen: &Screen) -> (&'static str, Vec<Action>) {
    let mut keys = screen.actions();
    if matches!(screen, Screen::TypeNumber(_) | Screen::StaffPin(_) | Screen::Pairing(_)) {
        // The key that goes on comes with the last digit, and fast typing is meant.
        keys.clear();
    }
    keys.retain(|key| !matches!(key, Action::Pick(_) | Action::More | Action::Help | Action::Cancel));
    (screen.name(), keys)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{AttentionStep, Done, Pad, StaffAttention, TakeGoods, TypeNumber};

    #[test]
    fn the_first_page_and_a_page_that_stays_keep_nobody() {
        let mut guard = Guard::default();
        assert!(!guard.is_another_page(&Screen::Idle));
        assert!(!guard.is_another_page(&Screen::Idle));
    }

    #[test]
    fn a_page_that_comes_is_another_one() {
        let mut guard = Guard::default();
        guard.is_another_page(&Screen::TakeGoods(TakeGoods::default()));
        assert!(guard.is_another_page(&Screen::Done(Done::default())));
        assert!(guard.is_another_page(&Screen::TakeGoods(TakeGoods::default())));
    }

    #[test]
    fn what_changes_while_digits_are_typed_does_not_make_another_page() {
        let typed =
            |ready| Screen::TypeNumber(TypeNumber { pad: Pad { ready, ..Pad::default() }, problem: None });
        let mut guard = Guard::default();
        guard.is_another_page(&typed(false));
        assert!(!guard.is_another_page(&typed(true)), "the last digit");
    }

    #[test]
    fn other_keys_on_the_same_page_are_another_page_for_a_finger() {
        let step = |step| Screen::StaffAttention(StaffAttention { step, ..StaffAttention::default() });
        let mut guard = Guard::default();
        guard.is_another_page(&step(AttentionStep::Open));
        assert!(guard.is_another_page(&step(AttentionStep::Decide)));
    }
}
