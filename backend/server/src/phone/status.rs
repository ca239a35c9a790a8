//! Where an order stands, in the words of the person who waits for it.

use jiff::Timestamp;
use pickup_domain::declaration::DeclarationState as D;
use pickup_domain::order::OrderState;
use pickup_domain::parcel::ParcelState as P;

use crate::parcels::Parcel;
use crate::web::Lang;

/// How far an order is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Order, payment and waybill agree; the declaration is about to leave.
    Checked,
    /// Customs has the declaration.
    Customs,
    /// Customs looks at the papers.
    Review,
    /// Customs looks at the goods.
    Inspection,
    /// Something has to be put right; staff see to it.
    Trouble,
    /// Customs has released it; staff put it into a locker.
    Released,
    /// It lies behind a door.
    InLocker,
    /// Staff must look at the door before it can be handed over.
    Attention,
    /// The time to collect it is over.
    Overdue,
    /// It was handed over.
    Collected,
    /// Customs is asked to cancel it.
    Cancelling,
    /// It was cancelled; the money goes back.
    Cancelled,
    /// It came back; the money goes back.
    Returned,
}

/// A step of the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its name.
    pub name: &'static str,
    /// `done`, `now` or `next`.
    pub state: &'static str,
}

impl Stage {
    /// Every stage.
    pub const ALL: [Self; 13] = [
        Self::Checked,
        Self::Customs,
        Self::Review,
        Self::Inspection,
        Self::Trouble,
        Self::Released,
        Self::InLocker,
        Self::Attention,
        Self::Overdue,
        Self::Collected,
        Self::Cancelling,
        Self::Cancelled,
        Self::Returned,
    ];

    /// Where a parcel and its order stand at `now`.
    #[must_use]
    pub fn of(parcel: &Parcel, now: Timestamp) -> Self {
        match parcel.order_state {
            Some(OrderState::Cancelled) => return Self::Cancelled,
            Some(OrderState::Returned) => return Self::Returned,
            _ => {}
        }
        if parcel.state == P::Collected {
            return Self::Collected;
        }
        if parcel.being_cancelled {
            return Self::Cancelling;
        }
        match parcel.declaration {
            None | Some(D::Drafted) => Self::Checked,
            Some(D::Sent | D::Accepted) => Self::Customs,
            Some(D::Review) => Self::Review,
            Some(D::Inspected) => Self::Inspection,
            Some(D::Rejected | D::Exception) => Self::Trouble,
            Some(D::Cancelled | D::Refunded) => Self::Cancelled,
            Some(D::Released | D::Closed) => Self::released(parcel, now),
        }
    }

    fn released(parcel: &Parcel, now: Timestamp) -> Self {
        let late = parcel.not_after.is_some_and(|until| until < now);
        match parcel.state {
            P::Attention => Self::Attention,
            P::Overdue | P::BackToStock => Self::Overdue,
            P::Collected => Self::Collected,
            P::Picking | P::Ready | P::InLocker if late => Self::Overdue,
            P::Picking | P::Ready => Self::Released,
            P::InLocker => Self::InLocker,
        }
    }

    /// Its name, for a list of orders.
    #[must_use]
    pub const fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::Checked => lang.t("已付款，正在申报", "Paid, being declared"),
            Self::Customs => lang.t("海关审核中", "With customs"),
            Self::Review => lang.t("海关人工审核", "Customs reviews it"),
            Self::Inspection => lang.t("海关查验", "Customs inspects it"),
            Self::Trouble => lang.t("工作人员处理中", "Staff see to it"),
            Self::Released => lang.t("已放行，备货中", "Released, being brought"),
            Self::InLocker => lang.t("可以取货", "Ready to collect"),
            Self::Attention => lang.t("请联系工作人员", "Ask a member of staff"),
            Self::Overdue => lang.t("已过取货期限", "Past its time"),
            Self::Collected => lang.t("已取货", "Collected"),
            Self::Cancelling => lang.t("取消中", "Being cancelled"),
            Self::Cancelled => lang.t("已取消", "Cancelled"),
            Self::Returned => lang.t("已退货", "Returned"),
        }
    }

    /// What it means for the person, and what to do.
    #[must_use]
    pub const fn told(self, lang: Lang) -> &'static str {
        match self {
            Self::Checked => lang.t(
                "款项已收到，订单、支付和运单核对一致。正在把申报发给海关。",
                "Your payment is here, and order, payment and waybill agree. The declaration is on its way to customs.",
            ),
            Self::Customs => lang.t(
                "海关正在审核，通常只需几分钟。您可以继续逛，放行后会收到短信。",
                "Customs is looking at it, usually for a few minutes. Have a look around: a text message comes when it is released.",
            ),
            Self::Review => lang.t(
                "海关正在人工审核这份申报，时间会长一些。您不需要做什么，有结果会发短信。",
                "An officer of customs is reading this declaration, which takes longer. There is nothing for you to do; a text message tells the result.",
            ),
            Self::Inspection => lang.t(
                "海关要查验这件商品。这是随机抽查，与您本人无关。查验完会发短信；若不能放行，全额退款。",
                "Customs inspects these goods. Goods are chosen by chance, not because of you. A text message comes afterwards; if they cannot be released, all your money goes back.",
            ),
            Self::Trouble => lang.t(
                "申报需要更正，工作人员正在处理。若处理不了，订单会取消并全额退款。",
                "The declaration must be put right and staff are seeing to it. If that cannot be done, the order is cancelled and all your money goes back.",
            ),
            Self::Released => lang.t(
                "海关已放行。工作人员正在把商品放进自提柜，放好后会发短信。",
                "Customs has released it. Staff are putting it into the locker; a text message comes when it is there.",
            ),
            Self::InLocker => lang.t(
                "商品已在自提柜。请带本人身份证，在取货机上扫描下面的提货码。",
                "It is in the locker. Bring your own ID card and scan the code below at the kiosk.",
            ),
            Self::Attention => lang.t(
                "柜门需要工作人员查看后才能取货，请到服务台。",
                "A member of staff must look at the door first. Please go to the service desk.",
            ),
            Self::Overdue => lang.t(
                "取货期限已过，提货码不能再用。请联系服务台：可以延期，或者退款。",
                "The time to collect it is over and the code works no more. Ask the service desk: it can be extended, or your money goes back.",
            ),
            Self::Collected => lang.t(
                "您已取货，谢谢惠顾。放行后30天内可以申请退货。",
                "You have collected it. Thank you. A return can be asked for within 30 days of release.",
            ),
            Self::Cancelling => lang.t(
                "正在请海关撤销申报，期间不能取货。撤销后全额退款。",
                "Customs is asked to cancel the declaration; until it answers nothing can be collected. Then all your money goes back.",
            ),
            Self::Cancelled => lang.t(
                "订单已取消，款项原路退回。",
                "The order is cancelled. The money goes back the way it came.",
            ),
            Self::Returned => {
                lang.t("商品已退回，款项原路退回。", "The goods came back. The money goes back the way it came.")
            }
        }
    }

    /// `good`, `warn`, `bad`, or nothing: how it is coloured.
    #[must_use]
    pub const fn tone(self) -> &'static str {
        match self {
            Self::InLocker | Self::Collected => "good",
            Self::Review | Self::Inspection | Self::Trouble | Self::Attention | Self::Cancelling => "warn",
            Self::Overdue | Self::Cancelled => "bad",
            Self::Checked | Self::Customs | Self::Released | Self::Returned => "",
        }
    }

    /// Whether it can still be cancelled by its buyer.
    #[must_use]
    pub const fn can_cancel(self) -> bool {
        matches!(
            self,
            Self::Checked
                | Self::Customs
                | Self::Review
                | Self::Inspection
                | Self::Trouble
                | Self::Released
                | Self::InLocker
                | Self::Overdue
        )
    }

    /// The steps of the ordinary way; empty when it has left that.
    #[must_use]
    pub fn steps(self, lang: Lang) -> Vec<Step> {
        let names = [
            lang.t("已付款", "Paid"),
            lang.t("已核对", "Checked"),
            lang.t("海关审核", "Customs"),
            lang.t("已放行", "Released"),
            lang.t("已入柜", "In the locker"),
            lang.t("已取货", "Collected"),
        ];
        let Some(at) = self.step() else { return Vec::new() };
        let state = |n: usize| match n.cmp(&at) {
            std::cmp::Ordering::Less => "done",
            std::cmp::Ordering::Equal if self == Self::Collected => "done",
            std::cmp::Ordering::Equal => "now",
            std::cmp::Ordering::Greater => "next",
        };
        names.into_iter().enumerate().map(|(n, name)| Step { name, state: state(n) }).collect()
    }

    const fn step(self) -> Option<usize> {
        match self {
            Self::Checked => Some(1),
            Self::Customs | Self::Review | Self::Inspection | Self::Trouble => Some(2),
            Self::Released => Some(3),
            Self::InLocker | Self::Attention => Some(4),
            Self::Collected => Some(5),
            Self::Overdue | Self::Cancelling | Self::Cancelled | Self::Returned => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_stage_has_its_own_words_in_both_languages() {
        for lang in [Lang::Zh, Lang::En] {
            let told: BTreeSet<_> = Stage::ALL.iter().map(|stage| stage.told(lang)).collect();
            let names: BTreeSet<_> = Stage::ALL.iter().map(|stage| stage.name(lang)).collect();
            assert_eq!((told.len(), names.len()), (Stage::ALL.len(), Stage::ALL.len()));
        }
    }

    #[test]
    fn one_step_is_now_until_it_is_collected() {
        for stage in Stage::ALL {
            let steps = stage.steps(Lang::En);
            let now = steps.iter().filter(|step| step.state == "now").count();
            assert_eq!(now, usize::from(!steps.is_empty() && stage != Stage::Collected), "{stage:?}");
        }
        assert!(Stage::Collected.steps(Lang::Zh).iter().all(|step| step.state == "done"));
    }
}
