//! Why a pickup or a deposit is refused, as stable codes with sentences for the person at the kiosk.

use serde::{Deserialize, Serialize};

/// The languages shoppers and staff read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Simplified Chinese, the first language.
    #[default]
    Zh,
    /// English.
    En,
}

macro_rules! reasons {
    ($($(#[doc = $doc:literal])* $name:ident = $code:literal, $zh:literal, $zh_do:literal, $en:literal, $en_do:literal;)*) => {
        /// A stable reason code. The wire carries [`Reason::code`]; sentences are rendered at the edge.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Reason {
            $($(#[doc = $doc])* #[serde(rename = $code)] $name,)*
        }

        impl Reason {
            /// All reasons, for tables and tests.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The code as it stands on the wire and in the trail.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// What happened, in one sentence.
            #[must_use]
            pub fn sentence(self, language: Language) -> &'static str {
                match (self, language) {
                    $((Self::$name, Language::Zh) => $zh, (Self::$name, Language::En) => $en,)*
                }
            }

            /// What the person can do about it, in one sentence.
            #[must_use]
            pub fn what_to_do(self, language: Language) -> &'static str {
                match (self, language) {
                    $((Self::$name, Language::Zh) => $zh_do, (Self::$name, Language::En) => $en_do,)*
                }
            }
        }
    };
}

reasons! {
    /// The scanned code is no ticket, or a part of one.
    TicketMalformed = "TICKET_MALFORMED",
        "这不是提货码，或没有扫完整。", "请打开订单里的提货码，调亮屏幕后再扫一次。",
        "This is not a pickup code, or only part of it was read.", "Open the pickup code in your order, turn up the brightness and scan again.";
    /// Signature wrong or key unknown.
    TicketForged = "TICKET_FORGED",
        "这张提货码不是本中心签发的。", "请使用订单页面里的提货码；有疑问请找工作人员。",
        "This pickup code was not issued by this centre.", "Use the code on your order page, or ask a member of staff.";
    /// Past its not-after.
    TicketExpired = "TICKET_EXPIRED",
        "提货码已过期。", "请查看订单页面是否有新的提货码；没有时请找工作人员延长提货时间。",
        "This pickup code has run out.", "Look for a new code on your order page; if there is none, ask a member of staff for more time.";
    /// For another centre.
    OtherCentre = "OTHER_CENTRE",
        "这件包裹不在本提货中心。", "请查看订单上的提货地址。",
        "This parcel is at another pickup centre.", "Check the pickup address in your order.";
    /// Good signature, but no such pickup.
    TicketUnknown = "TICKET_UNKNOWN",
        "系统里找不到这张提货码。", "请找工作人员查询订单。",
        "This pickup code is not known.", "Ask a member of staff to look up your order.";
    /// A typed number that belongs to nothing, or has a wrong digit: which of the two is not told.
    NumberUnknown = "NUMBER_UNKNOWN",
        "没有这个提货号码，可能输错了。", "请对照订单页面逐位核对后再输一次，或扫描提货码。",
        "This pickup number is not known; a digit may be wrong.", "Compare it digit by digit with your order and type it again, or scan the code.";
    /// Too many wrong numbers were typed at this kiosk.
    TooManyTries = "TOO_MANY_TRIES",
        "输错次数过多，本机暂停输入号码。", "请扫描提货码，或过十分钟再输，也可找工作人员。",
        "Too many wrong numbers were typed; typing is closed on this kiosk for now.", "Scan the pickup code, type again in ten minutes, or ask a member of staff.";
    /// Customs has not answered yet.
    NotReleased = "NOT_RELEASED",
        "海关还在审核这份清单。", "一般几分钟内完成，放行后会通知您。",
        "Customs is still checking this declaration.", "It usually takes a few minutes; you will be told when it is released.";
    /// Customs inspects or reviews.
    UnderInspection = "UNDER_INSPECTION",
        "海关正在查验这件包裹。", "查验结束后会通知您，无需等候。",
        "Customs is inspecting this parcel.", "You will be told when it is done; there is no need to wait.";
    /// Customs rejected the declaration.
    DeclarationRejected = "DECLARATION_REJECTED",
        "海关未放行这份订单，货款将全额退回。", "详情见订单页面；有疑问请找工作人员。",
        "Customs did not release this order. The full amount is being refunded.", "See your order page for details, or ask a member of staff.";
    /// The order was cancelled or refunded.
    Cancelled = "CANCELLED",
        "这份订单已取消。", "详情见订单页面。",
        "This order was cancelled.", "See your order page for details.";
    /// Released but not yet in a locker.
    NotInLocker = "NOT_IN_LOCKER",
        "包裹已放行，正在配货，还没有放进柜子。", "请稍候几分钟再来扫码。",
        "Your parcel is released and being picked; it is not in a locker yet.", "Please come back in a few minutes.";
    /// In a locker of another kiosk.
    OtherKiosk = "OTHER_KIOSK",
        "包裹在另一台自提柜里。", "请查看订单上的柜机编号。",
        "Your parcel is in the locker of another kiosk.", "Check the kiosk number in your order.";
    /// Handed over before.
    AlreadyCollected = "ALREADY_COLLECTED",
        "这件包裹已被取走。", "如果不是您本人取的，请马上找工作人员。",
        "This parcel was already collected.", "If that was not you, tell a member of staff now.";
    /// The card is not the buyer's.
    IdMismatch = "ID_MISMATCH",
        "身份证与订购人不一致，柜门不会打开。", "请由订购人本人持身份证提货。",
        "The ID card is not the buyer's. The door stays shut.", "The buyer must come with their own ID card.";
    /// The card has run out.
    IdExpired = "ID_EXPIRED",
        "身份证已过有效期。", "请使用有效的身份证，或找工作人员。",
        "The ID card has run out.", "Use a valid ID card, or ask a member of staff.";
    /// A door may have moved and nobody knows how it ended.
    NeedsAttendant = "NEEDS_ATTENDANT",
        "这件包裹需要工作人员确认。", "请稍候，工作人员会马上过来。",
        "A member of staff must check this parcel first.", "Please wait, somebody is on the way.";
    /// Backend away and not in the manifest.
    Offline = "OFFLINE",
        "网络中断，暂时查不到这件包裹。", "请几分钟后再试，或找工作人员。",
        "The network is down and this parcel cannot be looked up.", "Try again in a few minutes, or ask a member of staff.";
    /// The badge is not a good staff badge.
    BadgeUnknown = "BADGE_UNKNOWN",
        "工牌无效。", "请使用本中心签发的工牌。",
        "The staff badge is not valid.", "Use a badge issued by this centre.";
    /// Its PIN was wrong too often.
    BadgeLocked = "BADGE_LOCKED",
        "PIN 多次输入错误，工牌已暂时锁定。", "请过几分钟再试；忘记 PIN 请找管理员。",
        "The PIN was wrong too often; the badge is locked for a while.", "Try again in a few minutes, or ask the operator for a new PIN.";
    /// The centre lets no badge in without a PIN.
    BadgeWithoutPin = "BADGE_WITHOUT_PIN",
        "工牌尚未设置 PIN。", "请找管理员为工牌设置 PIN。",
        "This badge has no PIN yet.", "Ask the operator to give it one.";
    /// The second person is the first one.
    SamePerson = "SAME_PERSON",
        "第二张工牌属于同一个人。", "请由另一位员工刷工牌。",
        "The second badge is the same person's.", "Another member of staff must scan their badge.";
    /// The parcel is not to be taken out any more.
    NothingToRemove = "NOTHING_TO_REMOVE",
        "这件包裹不需要取出。", "提货时间可能已延长，请重新刷工牌查看。",
        "This parcel is not to be taken out.", "It may have been given more time; scan your badge again to see.";
    /// Staff work that needs the backend.
    StaffOffline = "STAFF_OFFLINE",
        "网络中断，有包裹的柜门现在不能打开。", "请等网络恢复后再试；空柜门可以打开。",
        "The network is down; a door with a parcel cannot be opened now.", "Try again when it is back; empty doors can be opened.";
    /// A slip that was owed did not come out.
    SlipNotPrinted = "SLIP_NOT_PRINTED",
        "凭条没有完整打印出来。", "请检查打印机和纸张后再打印一次。",
        "The slip did not come out whole.", "See to the printer and its paper, then print it again.";
    /// No parcel with this label.
    LabelUnknown = "LABEL_UNKNOWN",
        "系统里没有这张面单。", "请核对面单号后重新扫描。",
        "There is no parcel with this label.", "Check the waybill number and scan again.";
    /// The parcel is in a locker already.
    AlreadyStored = "ALREADY_STORED",
        "这件包裹已在柜中。", "请核对面单。",
        "This parcel is in a locker already.", "Check the label.";
    /// No free door is large enough.
    NoDoorFree = "NO_DOOR_FREE",
        "没有合适大小的空柜门。", "请换一台自提柜，或等柜门空出。",
        "No door of a fitting size is free.", "Use another kiosk, or wait for a door.";
    /// A door that was to open for a deposit did not.
    DoorDidNotOpen = "DOOR_DID_NOT_OPEN",
        "柜门没有打开，包裹没有入柜。", "请把包裹拿好，重新扫描面单；如仍打不开，请换一台自提柜。",
        "The door did not open; the parcel was not stored.", "Keep the parcel and scan its label again, or use another kiosk.";
    /// Staff cancelled a deposit.
    DepositCancelled = "DEPOSIT_CANCELLED",
        "已取消，包裹没有入柜。", "请把包裹拿好，需要入柜时重新扫描面单。",
        "Cancelled; the parcel was not stored.", "Keep the parcel, and scan its label again to store it.";
    /// The request id was used for something else.
    RequestConflict = "REQUEST_CONFLICT",
        "请求编号与之前的内容不符。", "请重新开始。",
        "The request number was used for something else.", "Start over.";
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_is_unique_and_is_what_the_wire_carries() {
        let mut seen = std::collections::HashSet::new();
        for &reason in Reason::ALL {
            assert!(seen.insert(reason.code()), "{reason} twice");
            assert_eq!(serde_json::to_string(&reason).unwrap(), format!("\"{}\"", reason.code()));
        }
    }

    #[test]
    fn each_reason_says_what_happened_and_what_to_do_in_both_languages() {
        for &reason in Reason::ALL {
            for text in [reason.sentence(Language::Zh), reason.what_to_do(Language::Zh)] {
                assert!(text.ends_with('。'), "{reason}: {text}");
            }
            for text in [reason.sentence(Language::En), reason.what_to_do(Language::En)] {
                assert!(text.ends_with('.') && text.is_ascii(), "{reason}: {text}");
            }
        }
    }
}
