//! What customs decides of a list once its order and its waybill are here.

use jiff::Timestamp;
use pickup_customs::{Inventory, Status};
use pickup_domain::{Money, china_time};

use crate::answers::{self, CHECKED, INSPECTION, RELEASED, REVIEW};
use crate::input::Decide;
use crate::keeping::keys_of_list;
use crate::port::{ListState, Port, later};
use crate::refusal::Refusal;
use crate::{agreement, alone};

/// Limit of one buyer's calendar year: 26,000.00 CNY (财关税〔2018〕49号).
const ANNUAL_LIMIT: Money = Money::from_fen(2_600_000);

/// Identity number and calendar year.
type YearKey = (String, i16);

impl Port {
    /// Decides every waiting list whose order and waybill are here.
    pub(crate) fn decide_waiting(&mut self, at: Timestamp) {
        let keys: Vec<String> = self.kept.waiting.iter().cloned().collect();
        for key in keys {
            self.decide(at, &key);
        }
    }

    fn decide(&mut self, at: Timestamp, cop_no: &str) {
        let Some(case) = self.kept.lists.get(cop_no) else { return };
        let (order_key, waybill_key) = keys_of_list(&case.list);
        let (Some(order), Some(waybill)) =
            (self.kept.orders.get(&order_key), self.kept.waybills.get(&waybill_key))
        else {
            return;
        };
        let agreed = agreement::check(&case.list, order, waybill);
        let verdict = agreed.and_then(|()| self.annual(at, &case.list));
        self.kept.waiting.remove(cop_no);
        let serial = self.next_serial();
        let when = at.max(self.kept.lists.get(cop_no).map_or(at, |case| later(case.received_at, self.step)));
        match verdict {
            Ok((year_key, total)) => {
                self.accepted.insert(year_key, total);
                self.accept(at, cop_no, when, serial);
            }
            Err(refusal) => {
                self.kept.let_go(&order_key, &waybill_key);
                self.reject(cop_no, when, &refusal);
            }
        }
    }

    fn accept(&mut self, at: Timestamp, cop_no: &str, when: Timestamp, serial: u64) {
        let final_at = later(when, self.step);
        let (state, status, info) = outcome(self.behaviour.decide);
        let Some(case) = self.kept.lists.get_mut(cop_no) else { return };
        case.state = state;
        case.numbers.invt_no = Some(answers::invt_no(&case.list.head.customs_code, at, serial));
        let received = answers::for_list(&case.list, &case.numbers, when, Status::Received, CHECKED);
        let last = answers::for_list(&case.list, &case.numbers, final_at, status, info);
        let dxp_id = case.dxp_id.clone();
        // Out of order on demand: what is in the receipts stays, only their sending changes places.
        let (first_due, last_due) =
            if self.behaviour.reorder_receipts { (final_at, when) } else { (when, final_at) };
        self.schedule_all(&dxp_id, vec![(first_due, received), (last_due, last)]);
    }

    fn reject(&mut self, cop_no: &str, when: Timestamp, refusal: &Refusal) {
        let Some(case) = self.kept.lists.get_mut(cop_no) else { return };
        case.state = ListState::Rejected;
        let receipt = answers::for_list(&case.list, &case.numbers, when, refusal.status, &refusal.info);
        let dxp_id = case.dxp_id.clone();
        self.schedule(when, &dxp_id, receipt);
    }

    /// The buyer's year with this list. `Ok` gives what is accepted here then; elsewhere counts besides.
    fn annual(&self, at: Timestamp, list: &Inventory) -> Result<(YearKey, Money), Refusal> {
        let key = (list.head.buyer_id_number.expose().to_ascii_uppercase(), china_time::year(at));
        let accepted = self.accepted.get(&key).copied().unwrap_or(Money::ZERO);
        let here = alone::limit_value(list).and_then(|value| value.checked_add(accepted));
        let elsewhere = self.purchases.get(&key).copied().unwrap_or(Money::ZERO);
        let total = here.and_then(|here| here.checked_add(elsewhere));
        match (here, total) {
            (Some(here), Some(total)) if total <= ANNUAL_LIMIT => Ok((key, here)),
            _ => {
                let total = total.map_or_else(|| "-".to_owned(), with_separators);
                let desc = format!(
                    "订购人购买超过年度限额,超过个人年度购买额度;totalPrice：{total} > limitPrice: 26,000;"
                );
                Err(Refusal::rejected("1313", &desc))
            }
        }
    }

    /// Releases what was under review or inspection.
    pub(crate) fn release_held(&mut self, at: Timestamp) {
        let when = later(at, self.step);
        let mut receipts = Vec::new();
        for case in self.kept.lists.values_mut().filter(|case| case.state == ListState::Held) {
            case.state = ListState::Released;
            let receipt = answers::for_list(&case.list, &case.numbers, when, Status::Released, RELEASED);
            receipts.push((case.dxp_id.clone(), receipt));
        }
        for (dxp_id, receipt) in receipts {
            self.schedule(when, &dxp_id, receipt);
        }
    }
}

fn outcome(decide: Decide) -> (ListState, Status, &'static str) {
    match decide {
        Decide::Release => (ListState::Released, Status::Released, RELEASED),
        Decide::Inspect => (ListState::Held, Status::Inspection, INSPECTION),
        Decide::Review => (ListState::Held, Status::ManualReview, REVIEW),
    }
}

/// `26,114.44`.
fn with_separators(amount: Money) -> String {
    let text = amount.to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, "00"));
    let mut grouped = String::new();
    for (index, c) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(c);
    }
    format!("{grouped}.{fraction}")
}
