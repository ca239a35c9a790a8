//! The menu of staff mode: what waits, every door, and which of them are free.

use std::collections::BTreeMap;

use pickup_protocol::kiosk::{DoorOffer, DoorSize};
use pickup_protocol::work::Purpose;
use pickup_protocol::{DoorNumber, Reason};

use crate::command::{FreeDoors, ListKind, Look, Screen, StaffList};
use crate::event::Action;
use crate::session::Session;
use crate::state::{Staff, State};

/// Rows that a page has room for.
pub(crate) const ROWS: usize = 4;
/// Doors that a page has room for.
pub(crate) const DOORS: usize = 12;

impl Session {
    /// Whether the action belonged to the menu.
    pub(crate) fn menu_touched(&mut self, action: Action) -> bool {
        match (action, &mut self.state) {
            (Action::List(kind), State::StaffHome { staff, .. }) => {
                let staff = staff.clone();
                self.enter(State::StaffList { staff, kind, page: 0 });
            }
            // From the menu straight to the door that wants a look longest.
            (Action::StaffOpen, State::StaffHome { staff, .. }) => {
                let staff = staff.clone();
                self.pick(staff, ListKind::Attention, 0);
            }
            (Action::More, State::StaffList { staff, kind, page }) => {
                let pages = self.config.doors.len().max(1).div_ceil(DOORS);
                let pages =
                    if *kind == ListKind::Doors { pages } else { rows(staff, *kind).max(1).div_ceil(ROWS) };
                *page = (*page + 1) % pages;
            }
            (Action::Pick(at), State::StaffList { staff, kind, page }) => {
                let (staff, kind) = (staff.clone(), *kind);
                let each = if kind == ListKind::Doors { DOORS } else { ROWS };
                let at = page.saturating_mul(each).saturating_add(usize::from(at));
                self.pick(staff, kind, at);
            }
            (Action::Pick(at), State::StaffWhy { staff, door }) => {
                let (staff, door) = (staff.clone(), *door);
                if let Some(purpose) = Purpose::CHOICES.get(usize::from(at)) {
                    self.want_opening(staff, door, *purpose);
                }
            }
            (Action::Cancel, State::StaffList { .. } | State::StaffWhy { .. }) => self.staff_home(None),
            _ => return false,
        }
        true
    }

    fn pick(&mut self, staff: Staff, kind: ListKind, at: usize) {
        match kind {
            ListKind::Removals => {
                if let Some(door) = staff.work.removals.get(at).map(|removal| removal.door) {
                    self.want_opening(staff, door, Purpose::Removal);
                }
            }
            ListKind::Attention => {
                if let Some(case) = staff.attention.get(at).cloned() {
                    self.enter(State::StaffLook { staff, case, step: Look::Open, found: None, write: None });
                }
            }
            ListKind::Doors => {
                if let Some(door) = self.config.doors.get(at).map(|offer| offer.door) {
                    self.enter(State::StaffWhy { staff, door });
                }
            }
            ListKind::Owed => {
                if let Some(pickup) = staff.work.owed.get(at).map(|owed| owed.pickup) {
                    self.want_slip(staff, pickup);
                }
            }
        }
    }

    pub(crate) fn list_page(&self, staff: &Staff, kind: ListKind, page: usize) -> Screen {
        let work = &staff.work;
        let (list, more) = match kind {
            ListKind::Removals => (StaffList::Removals(part(&work.removals, page, ROWS)), ROWS),
            ListKind::Attention => (StaffList::Attention(part(&staff.attention, page, ROWS)), ROWS),
            ListKind::Owed => (StaffList::Owed(part(&work.owed, page, ROWS)), ROWS),
            ListKind::Doors => {
                let doors: Vec<(DoorNumber, bool)> =
                    self.config.doors.iter().map(|d| (d.door, self.may_hold(staff, d.door))).collect();
                return Screen::StaffList {
                    more: doors.len() > DOORS,
                    list: StaffList::Doors(part(&doors, page, DOORS)),
                };
            }
        };
        Screen::StaffList { list, more: rows(staff, kind) > more }
    }

    /// Whether something may lie behind the door, by all that is known here.
    pub(crate) fn may_hold(&self, staff: &Staff, door: DoorNumber) -> bool {
        let listed = |manifest: &pickup_protocol::Manifest| {
            manifest.entries.iter().any(|entry| entry.offer.doors.contains(&door))
        };
        staff.work.taken.contains(&door)
            || staff.attention.iter().any(|case| case.door == door)
            || self.manifest.as_ref().is_some_and(listed)
    }

    /// Doors known to be shut.
    pub(crate) fn shut_doors(&self) -> Vec<DoorOffer> {
        let shut = |d: &&DoorOffer| self.doors.get(&d.door) == Some(&false);
        self.config.doors.iter().filter(shut).copied().collect()
    }

    /// Doors that a parcel can go to, by size.
    pub(crate) fn free_doors(&self, staff: &Staff) -> Vec<FreeDoors> {
        let mut free: BTreeMap<DoorSize, FreeDoors> = self
            .config
            .doors
            .iter()
            .map(|offer| (offer.size, FreeDoors { size: offer.size, count: 0, next: None }))
            .collect();
        for offer in self.shut_doors() {
            if self.may_hold(staff, offer.door) {
                continue;
            }
            if let Some(of_size) = free.get_mut(&offer.size) {
                of_size.count = of_size.count.saturating_add(1);
                of_size.next = Some(of_size.next.map_or(offer.door, |next| next.min(offer.door)));
            }
        }
        free.into_values().collect()
    }

    /// The staff page again, with the reason why something was not done.
    pub(crate) fn back_home(&mut self, staff: Staff, problem: Option<Reason>) {
        if staff.is_far() {
            return self.home();
        }
        self.enter(State::StaffHome { staff, problem });
    }
}

fn rows(staff: &Staff, kind: ListKind) -> usize {
    match kind {
        ListKind::Removals => staff.work.removals.len(),
        ListKind::Attention => staff.attention.len(),
        ListKind::Owed => staff.work.owed.len(),
        ListKind::Doors => 0,
    }
}

fn part<T: Clone>(all: &[T], page: usize, each: usize) -> Vec<T> {
    all.iter().skip(page.saturating_mul(each)).take(each).cloned().collect()
}
