//! Texts of the kiosk itself in both languages; what belongs to a reason code stands with the code.

use pickup_protocol::Reason;

/// A refusal in a few words, Chinese and English.
#[must_use]
pub const fn title(reason: Reason) -> (&'static str, &'static str) {
    use Reason as R;
    match reason {
        R::TicketMalformed | R::TicketForged | R::TicketExpired | R::TicketUnknown => {
            ("提货码无法使用", "This code cannot be used")
        }
        R::NumberUnknown | R::TooManyTries => ("号码无法使用", "This number cannot be used"),
        R::OtherCentre | R::OtherKiosk => ("包裹不在这里", "Your parcel is elsewhere"),
        R::NotReleased | R::UnderInspection | R::NotInLocker => ("还不能提货", "Not ready yet"),
        R::DeclarationRejected => ("海关未放行", "Not released by customs"),
        R::Cancelled => ("订单已取消", "Order cancelled"),
        R::AlreadyCollected => ("包裹已被取走", "Already collected"),
        R::IdMismatch | R::IdExpired => ("身份证无法使用", "ID card not accepted"),
        R::NeedsAttendant => ("请等候工作人员", "Please wait for staff"),
        R::Offline => ("网络中断", "The network is down"),
        R::DepositCancelled => ("已取消", "Cancelled"),
        R::BadgeUnknown
        | R::BadgeLocked
        | R::BadgeWithoutPin
        | R::SamePerson
        | R::NothingToRemove
        | R::StaffOffline
        | R::SlipNotPrinted
        | R::LabelUnknown
        | R::AlreadyStored
        | R::NoDoorFree
        | R::DoorDidNotOpen
        | R::RequestConflict => ("无法继续", "Cannot go on"),
    }
}

/// Why the kiosk serves nobody, Chinese and English.
#[must_use]
pub fn out_of_service(code: &str) -> (&'static str, &'static str) {
    match code {
        "STARTING" => ("正在启动，请稍候。", "Starting up, please wait a moment."),
        "NOT_CONNECTED_YET" => {
            ("正在连接后台，请稍候。", "Connecting to the pickup service, please wait a moment.")
        }
        "LOCK_DOWN" => {
            ("柜门控制没有响应，请找工作人员。", "The lockers do not answer. Please tell the staff.")
        }
        "SCANNER_DOWN" => {
            ("扫码器没有响应，请找工作人员。", "The code scanner does not answer. Please tell the staff.")
        }
        "JOURNAL_FAILED" => (
            "设备存储故障，已停止服务，请找工作人员。",
            "The kiosk's memory has failed. Please tell the staff.",
        ),
        "MAINTENANCE" => (
            "设备维护中，暂停服务。需要取货请联系工作人员。",
            "This kiosk is being looked after. To collect, please call the staff.",
        ),
        "DEVICE_FAULT" => (
            "设备故障，暂停服务。需要取货请联系工作人员。",
            "Something in this kiosk does not work. To collect, please call the staff.",
        ),
        "STOCKTAKING" => (
            "正在盘点，暂停服务。需要取货请联系工作人员。",
            "The goods are being counted. To collect, please call the staff.",
        ),
        "CUSTOMS_VISIT" => (
            "海关正在检查，暂停服务，请稍后再来。",
            "Customs is looking at this kiosk. Please come back later.",
        ),
        "CENTRE_CLOSED" => {
            ("提货中心休息中，请在营业时间再来。", "The centre is closed. Please come back in its hours.")
        }
        _ => ("暂停服务，请找工作人员。", "Out of service. Please tell the staff."),
    }
}

#[cfg(test)]
mod tests {
    use pickup_protocol::service::OutReason;

    use super::*;

    #[test]
    fn every_text_is_in_both_languages_and_in_the_font() {
        let codes = ["STARTING", "NOT_CONNECTED_YET", "LOCK_DOWN", "SCANNER_DOWN", "JOURNAL_FAILED", "other"];
        let taken_out = OutReason::ALL.map(|reason| out_of_service(reason.code()));
        assert!(taken_out.iter().all(|text| *text != out_of_service("other")), "each has its own");
        let texts = Reason::ALL.iter().map(|r| title(*r)).chain(codes.map(out_of_service)).chain(taken_out);
        for (zh, en) in texts {
            assert!(!zh.is_ascii() && en.is_ascii(), "{zh} / {en}");
            assert_eq!(pickup_ui::missing_glyphs(zh), Vec::<char>::new());
        }
        let reasons: String = Reason::ALL.iter().map(|r| r.sentence(pickup_protocol::Language::Zh)).collect();
        assert_eq!(pickup_ui::missing_glyphs(&reasons), Vec::<char>::new());
    }
}
