//! What a person can ask for by touching the screen.

use std::fmt;

use crate::service::ServiceAction;

/// What a person can ask for by touching the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Yes, go on: the one main decision of the screen.
    Confirm,
    /// Stop and go back to the start.
    Cancel,
    /// Show how to reach a person.
    Help,
    /// Chinese to English or back.
    SwitchLanguage,
    /// Larger letters, then stronger colours as well, then as before.
    SwitchDisplay,
    /// I am still here.
    MoreTime,
    /// Open the same door once more.
    OpenAgain,
    /// I am done, go back to the start; in staff mode: leave staff mode.
    Finish,
    /// From help back to where the person was.
    Back,
    /// Staff: open the door that wants attention.
    StaffOpen,
    /// Staff: the shopper has the goods, the locker is empty.
    StaffGoodsTaken,
    /// Staff: the goods are still inside.
    StaffGoodsInside,
    /// A digit of a pad, 0 to 9.
    Digit(u8),
    /// Take back the last digit.
    DeleteDigit,
    /// Take back all digits.
    ClearDigits,
    /// Type the pickup number instead of scanning the code.
    TypeNumber,
    /// The code does not scan: what can be done?
    ScanHelp,
    /// What is the limit of the year?
    Explain,
    /// Something is wrong with the goods.
    WrongGoods,
    /// This is wrong with them.
    Goods(GoodsFault),
    /// Staff: show one of the lists.
    List(ListKind),
    /// Staff: this one of the choices shown, from 0.
    Pick(u8),
    /// Staff: the next choices.
    More,
    /// Staff: the parcel was taken out.
    TakenOut,
    /// Staff: the parcel is still inside.
    StillInside,
    /// Staff: nothing is inside.
    NothingInside,
    /// Something on the service pages, or on the pairing page.
    Service(ServiceAction),
}

/// What is wrong with goods that were handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GoodsFault {
    /// Something is not there.
    Missing,
    /// Something is broken or was opened.
    Damaged,
    /// Not what was ordered.
    NotMine,
    /// Nothing at all was behind the door.
    Empty,
}

impl GoodsFault {
    /// Every one, in the order of the page.
    pub const ALL: [Self; 4] = [Self::Missing, Self::Damaged, Self::NotMine, Self::Empty];
}

/// The lists of staff mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ListKind {
    /// Parcels to be taken out.
    #[default]
    Removals,
    /// Doors that want a look.
    Attention,
    /// Every door, to open one.
    Doors,
    /// Slips that are owed.
    Owed,
}

/// The names of the choices' targets.
const CHOICES: [&str; 12] = [
    "pick_0", "pick_1", "pick_2", "pick_3", "pick_4", "pick_5", "pick_6", "pick_7", "pick_8", "pick_9",
    "pick_10", "pick_11",
];

/// The names of the digits' targets.
const DIGITS: [&str; 10] = [
    "digit_0", "digit_1", "digit_2", "digit_3", "digit_4", "digit_5", "digit_6", "digit_7", "digit_8",
    "digit_9",
];

impl Action {
    /// Every action but those of the service pages, in the order of declaration.
    pub const ALL: &'static [Self] = &[
        Self::Confirm,
        Self::Cancel,
        Self::Help,
        Self::SwitchLanguage,
        Self::SwitchDisplay,
        Self::MoreTime,
        Self::OpenAgain,
        Self::Finish,
        Self::Back,
        Self::StaffOpen,
        Self::StaffGoodsTaken,
        Self::StaffGoodsInside,
        Self::Digit(0),
        Self::Digit(1),
        Self::Digit(2),
        Self::Digit(3),
        Self::Digit(4),
        Self::Digit(5),
        Self::Digit(6),
        Self::Digit(7),
        Self::Digit(8),
        Self::Digit(9),
        Self::DeleteDigit,
        Self::ClearDigits,
        Self::TypeNumber,
        Self::ScanHelp,
        Self::Explain,
        Self::WrongGoods,
        Self::Goods(GoodsFault::Missing),
        Self::Goods(GoodsFault::Damaged),
        Self::Goods(GoodsFault::NotMine),
        Self::Goods(GoodsFault::Empty),
        Self::List(ListKind::Removals),
        Self::List(ListKind::Attention),
        Self::List(ListKind::Doors),
        Self::List(ListKind::Owed),
        Self::Pick(0),
        Self::Pick(1),
        Self::Pick(2),
        Self::Pick(3),
        Self::Pick(4),
        Self::Pick(5),
        Self::Pick(6),
        Self::Pick(7),
        Self::Pick(8),
        Self::Pick(9),
        Self::Pick(10),
        Self::Pick(11),
        Self::More,
        Self::TakenOut,
        Self::StillInside,
        Self::NothingInside,
    ];

    /// The stable name of the action: the id of its target on the screen.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Cancel => "cancel",
            Self::Help => "help",
            Self::SwitchLanguage => "language",
            Self::SwitchDisplay => "display",
            Self::MoreTime => "more_time",
            Self::OpenAgain => "open_again",
            Self::Finish => "finish",
            Self::Back => "back",
            Self::StaffOpen => "staff_open",
            Self::StaffGoodsTaken => "goods_taken",
            Self::StaffGoodsInside => "goods_inside",
            Self::Digit(digit) => DIGITS.get(usize::from(digit)).copied().unwrap_or("digit"),
            Self::DeleteDigit => "delete_digit",
            Self::ClearDigits => "clear_digits",
            Self::TypeNumber => "type_number",
            Self::ScanHelp => "scan_help",
            Self::Explain => "explain",
            Self::WrongGoods => "wrong_goods",
            Self::Goods(GoodsFault::Missing) => "goods_missing",
            Self::Goods(GoodsFault::Damaged) => "goods_damaged",
            Self::Goods(GoodsFault::NotMine) => "goods_not_mine",
            Self::Goods(GoodsFault::Empty) => "goods_door_empty",
            Self::Service(action) => action.as_str(),
            Self::List(ListKind::Removals) => "list_removals",
            Self::List(ListKind::Attention) => "list_attention",
            Self::List(ListKind::Doors) => "list_doors",
            Self::List(ListKind::Owed) => "list_owed",
            Self::Pick(choice) => CHOICES.get(usize::from(choice)).copied().unwrap_or("pick"),
            Self::More => "more",
            Self::TakenOut => "taken_out",
            Self::StillInside => "still_inside",
            Self::NothingInside => "nothing_inside",
        }
    }

    /// The action with that stable name.
    pub fn from_name(name: &str) -> Option<Self> {
        let found = Self::ALL.iter().copied().find(|action| action.as_str() == name);
        found.or_else(|| ServiceAction::from_name(name).map(Self::Service))
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
