//! What customs decides of a list once its order and its waybill are here.

use jiff::Timestamp;
use pickup_customs::{Inventory, Status};
use pickup_domain::{Money, china_time};

use crate::answers::{self, CHECKED, INSPECTION, RELEASED, REVIEW};
use crate::input::Decide;
use crate::keeping::keys_of_list;
use crate::port::{ListCase, ListState, Port, later};
use crate::refusal::Refusal;
use crate::{agreement, alone};

/// Limit of one buyer's calendar year: 26,000.00 CNY (财关税〔2018〕49号).
const ANNUAL_LIMIT: Money = Money::from_fen(2_600_000);

impl Port {
    /// Decides every list whose order and waybill are here.
    pub(crate) fn decide_waiting(&mut self, at: Timestamp) {
        let waiting = self.kept.lists.iter().filter(|(_, case)| case.state == ListState::Waiting);
        let keys: Vec<String> = waiting.map(|(key, _)| key.clone()).collect();
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
        let verdict = agreement::check(&case.list, order, waybill).and_then(|()| self.annual(at, &case.list));
        let when = at.max(later(case.received_at, self.step));
        let serial = self.next_serial();
        let (decide, reorder) = (self.behaviour.decide, self.behaviour.reorder_receipts);
        let final_at = later(when, self.step);
        let Some(case) = self.kept.lists.get_mut(cop_no) else { return };
        let answer = |case: &ListCase, at, status, info: &str| {
            answers::for_list(&case.list, &case.numbers, at, status, info)
        };
        let receipts = match verdict {
            Err(refusal) => {
                case.state = ListState::Rejected;
                vec![(when, answer(case, when, refusal.status, &refusal.info))]
            }
            Ok(counted) => {
                let (state, status, info) = outcome(decide);
                case.state = state;
                case.counted = Some(counted);
                case.numbers.invt_no = Some(answers::invt_no(&case.list.head.customs_code, at, serial));
                let (first_due, last_due) = if reorder { (final_at, when) } else { (when, final_at) };
                vec![
                    (first_due, answer(case, when, Status::Received, CHECKED)),
                    (last_due, answer(case, final_at, status, info)),
                ]
            }
        };
        let dxp_id = case.dxp_id.clone();
        self.schedule_all(&dxp_id, receipts);
    }

    /// The buyer's year with this list: what was bought elsewhere and here.
    fn annual(&self, at: Timestamp, list: &Inventory) -> Result<(i16, Money), Refusal> {
        let year = china_time::year(at);
        let buyer = list.head.buyer_id_number.expose().to_ascii_uppercase();
        let here = self.kept.lists.values().filter_map(|case| {
            let same = case.list.head.buyer_id_number.expose().eq_ignore_ascii_case(&buyer);
            case.counted.filter(|(counted_year, _)| same && *counted_year == year).map(|(_, amount)| amount)
        });
        let elsewhere = self.purchases.get(&(buyer.clone(), year)).copied();
        let value = alone::limit_value(list).unwrap_or(ANNUAL_LIMIT);
        let total = Money::checked_sum(here.chain(elsewhere).chain([value]));
        match total {
            Some(total) if total <= ANNUAL_LIMIT => Ok((year, value)),
            total => {
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
