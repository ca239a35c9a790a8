//! Who may do what in the console: one table, and nothing is served that is not in it.

use crate::web::Lang;

/// What an account is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Hands out and takes back at a centre.
    Clerk,
    /// Answers for a centre.
    Supervisor,
    /// Files with customs.
    CustomsAgent,
    /// Looks and changes nothing.
    Auditor,
    /// Accounts, kiosks and settings.
    Administrator,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 5] =
        [Self::Clerk, Self::Supervisor, Self::CustomsAgent, Self::Auditor, Self::Administrator];

    /// As stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Clerk => "clerk",
            Self::Supervisor => "supervisor",
            Self::CustomsAgent => "customs_agent",
            Self::Auditor => "auditor",
            Self::Administrator => "administrator",
        }
    }

    /// The role stored so.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    /// As read.
    #[must_use]
    pub const fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::Clerk => lang.t("店员", "Clerk"),
            Self::Supervisor => lang.t("主管", "Supervisor"),
            Self::CustomsAgent => lang.t("报关员", "Customs agent"),
            Self::Auditor => lang.t("审计", "Auditor"),
            Self::Administrator => lang.t("管理员", "Administrator"),
        }
    }
}

/// What can be done in the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// Sign in, and what pages are drawn with.
    SignIn,
    /// Show the second factor; for who has shown the password.
    SecondFactor,
    /// Set one's own password in place of a one-time one.
    FirstPassword,
    /// One's own password, second factor and sessions; sign out.
    Own,
    /// See how the day goes.
    Today,
    /// Find and read orders; identity numbers are masked.
    Orders,
    /// Read what was filed with customs, word for word.
    Filed,
    /// See what waits for a person.
    Tasks,
    /// Take a task, hand it on, note something.
    WorkOnTasks,
    /// Settle a call for help; any other task only with [`Op::SettleTasks`].
    SettleCalls,
    /// Settle a task.
    SettleTasks,
    /// File a declaration anew, send a message again, apply a receipt again.
    FileAgain,
    /// Give up or cancel a declaration.
    GiveUp,
    /// See kiosks and doors.
    Kiosks,
    /// Have a door opened from here, or confirm that somebody else's is.
    OpenDoors,
    /// Pair a kiosk or shut one out.
    PairKiosks,
    /// See accounts and sessions, and who did what.
    People,
    /// Add, change and disable accounts; end their sessions.
    ChangePeople,
    /// What a person has used of the yearly limit, by the exact identity number.
    Limits,
    /// Book lines, guarantees, tax.
    Stock,
    /// Ask for an entry or a correction of a book line.
    AskStock,
    /// Approve or refuse what another one asked for.
    DecideStock,
    /// Open a stocktake and count.
    CountStock,
    /// Sign a stocktake off, or give it up; see balances while they are being counted.
    SignStocktakes,
    /// Figures by day and centre.
    Reports,
    /// Take goods back.
    Returns,
}

/// Who an operation is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// Also who is not signed in.
    Anybody,
    /// Who has shown the password and owes the second factor.
    HalfSignedIn,
    /// Who is signed in with a one-time password, and every role.
    OneTime,
    /// These roles.
    Roles(&'static [Role]),
}

use Allowed::{Anybody, HalfSignedIn, OneTime, Roles};
use Role::{Administrator, Auditor, Clerk, CustomsAgent, Supervisor};

impl Op {
    /// Every operation.
    pub const ALL: [Self; 26] = [
        Self::SignIn,
        Self::SecondFactor,
        Self::FirstPassword,
        Self::Own,
        Self::Today,
        Self::Orders,
        Self::Filed,
        Self::Tasks,
        Self::WorkOnTasks,
        Self::SettleCalls,
        Self::SettleTasks,
        Self::FileAgain,
        Self::GiveUp,
        Self::Kiosks,
        Self::OpenDoors,
        Self::PairKiosks,
        Self::People,
        Self::ChangePeople,
        Self::Limits,
        Self::Stock,
        Self::AskStock,
        Self::DecideStock,
        Self::CountStock,
        Self::SignStocktakes,
        Self::Reports,
        Self::Returns,
    ];

    /// The authorization table.
    #[must_use]
    pub const fn allowed(self) -> Allowed {
        match self {
            Self::SignIn => Anybody,
            Self::SecondFactor => HalfSignedIn,
            Self::FirstPassword => OneTime,
            Self::Own | Self::Today | Self::Orders | Self::Tasks | Self::Kiosks | Self::Stock => {
                Roles(&Role::ALL)
            }
            Self::Filed => Roles(&[CustomsAgent, Auditor]),
            Self::WorkOnTasks => Roles(&[Clerk, Supervisor, CustomsAgent, Administrator]),
            Self::SettleCalls => Roles(&[Clerk, Supervisor, CustomsAgent]),
            Self::SettleTasks => Roles(&[Supervisor, CustomsAgent]),
            Self::FileAgain => Roles(&[CustomsAgent]),
            Self::GiveUp => Roles(&[Supervisor, CustomsAgent]),
            Self::OpenDoors => Roles(&[Clerk, Supervisor]),
            Self::PairKiosks => Roles(&[Supervisor, Administrator]),
            Self::People => Roles(&[Auditor, Administrator]),
            Self::ChangePeople => Roles(&[Administrator]),
            Self::Limits => Roles(&[Supervisor, CustomsAgent, Auditor]),
            Self::AskStock => Roles(&[Clerk, Supervisor, CustomsAgent]),
            Self::CountStock => Roles(&[Clerk, Supervisor]),
            Self::DecideStock | Self::SignStocktakes => Roles(&[Supervisor]),
            Self::Reports => Roles(&[Supervisor, CustomsAgent, Auditor, Administrator]),
            Self::Returns => Roles(&[Clerk, Supervisor, CustomsAgent]),
        }
    }

    /// Whether a role may.
    #[must_use]
    pub fn is_for(self, role: Role) -> bool {
        match self.allowed() {
            Anybody | OneTime => true,
            HalfSignedIn => false,
            Roles(roles) => roles.contains(&role),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_auditor_changes_nothing() {
        let changes = [
            Op::WorkOnTasks,
            Op::SettleCalls,
            Op::SettleTasks,
            Op::FileAgain,
            Op::GiveUp,
            Op::OpenDoors,
            Op::PairKiosks,
            Op::ChangePeople,
            Op::Returns,
            Op::AskStock,
            Op::DecideStock,
            Op::CountStock,
            Op::SignStocktakes,
        ];
        assert!(changes.into_iter().all(|op| !op.is_for(Auditor)));
    }

    #[test]
    fn only_an_administrator_makes_accounts_and_an_administrator_files_nothing() {
        assert!(Role::ALL.into_iter().all(|role| Op::ChangePeople.is_for(role) == (role == Administrator)));
        assert!(!Op::FileAgain.is_for(Administrator) && !Op::GiveUp.is_for(Administrator));
    }

    #[test]
    fn a_role_is_read_as_it_is_stored() {
        assert!(Role::ALL.into_iter().all(|role| Role::parse(role.as_str()) == Some(role)));
    }
}
