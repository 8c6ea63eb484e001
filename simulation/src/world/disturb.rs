//! Disturbances: faults of the storage, evictions, clock jumps, full disks, alarms, databases of older versions, snapshots.

use agent_registrar::store::sql::SqlErrorKind;

use super::{HOUR, World};
use crate::deployment::Home;
use crate::model::{DAY, Micros};
use crate::older;
use crate::storage::Plan;

impl World {
    pub(super) fn plan_fault(&mut self) {
        const KINDS: [SqlErrorKind; 9] = [
            SqlErrorKind::Full,
            SqlErrorKind::Busy,
            SqlErrorKind::ReadOnly,
            SqlErrorKind::Constraint,
            SqlErrorKind::TooBig,
            SqlErrorKind::Damaged,
            SqlErrorKind::NotADatabase,
            SqlErrorKind::Io,
            SqlErrorKind::Other,
        ];
        if self.swarm.kinds.is_empty() || !self.random.permille(self.swarm.faults) {
            return;
        }
        let fault = *self.random.one_of(&self.swarm.kinds);
        let after = self.random.small(self.swarm.depth) - 1;
        let kind = *self.random.one_of(&KINDS);
        self.deployment.plan(Some(Plan { fault, after, kind }));
    }

    /// What happens between two turns.
    pub(super) fn disturb(&mut self) -> Result<(), String> {
        let storages = self.deployment.storages();
        if self.random.permille(self.swarm.evictions) {
            // Memory loses everything at an eviction, so there it is rare.
            let is_memory = self.swarm.home == Home::Memory;
            if !is_memory || self.random.permille(30) {
                self.evict(storages.len() as u64)?;
            }
        }
        if self.random.permille(self.swarm.alarms) {
            let place = self.random.place(storages.len().max(1));
            let at_most = self.random.small(10) as u32;
            self.plan_fault();
            self.note_disturbance("keys-removed");
            self.model.keys_may_be_removed(self.now());
            self.deployment.forget(place, self.now(), at_most);
            self.deployment.plan(None);
            self.count_injected();
            self.drop_openings()?;
        }
        if !storages.is_empty() && self.random.permille(self.swarm.full) {
            self.set_full(!self.is_full);
        }
        if self.random.permille(self.swarm.jumps) {
            self.jump();
        }
        if self.random.permille(self.swarm.moves) {
            self.replace_deployment()?;
        }
        if self.swarm.home == Home::Memory && self.random.permille(self.swarm.snapshots) {
            self.snapshot_or_restore()?;
        }
        Ok(())
    }

    pub(super) fn evict(&mut self, storages: u64) -> Result<(), String> {
        let place = self.random.below(storages + 1) as usize;
        self.note_disturbance("eviction");
        if self.swarm.home == Home::Memory {
            self.model.lose_everything();
            self.snapshot = None;
        }
        self.deployment.evict(place, self.now());
        let happened = self.deployment.take_happened();
        self.take_over(happened, &[], false)?;
        if self.random.permille(self.swarm.older)
            && let Some(storage) = self.deployment.storages().get(place)
        {
            let bug = self.deployment.setup().bug;
            let older = storage
                .with(|it| older::rewrite(it, bug))
                .map_err(|error| error.to_string())?;
            if let Some(older) = older {
                self.note_disturbance("older-version");
                storage.replace(older);
            }
        }
        Ok(())
    }

    /// Another deployment takes the place of this one: only what the operator imports is left.
    fn replace_deployment(&mut self) -> Result<(), String> {
        self.note_disturbance("deployment-replaced");
        // The ids of two deployments do not meet within a millisecond.
        self.passed += 10_000;
        self.model.lose_everything();
        self.twins.clear();
        self.snapshot = None;
        self.deployment.replace(self.now());
        self.set_full(false);
        let happened = self.deployment.take_happened();
        self.take_over(happened, &[], false)
    }

    /// An alarm may have opened objects.
    pub(super) fn drop_openings(&mut self) -> Result<(), String> {
        let opened = self.deployment.take_opened();
        self.take_over(opened, &[], false)
    }

    pub(super) fn set_full(&mut self, is_full: bool) {
        if is_full {
            self.note_disturbance("disk-filled");
        }
        self.is_full = is_full;
        for storage in self.deployment.storages() {
            storage.set_full(is_full);
        }
    }

    pub(super) fn jump(&mut self) {
        const STEPS: [Micros; 9] = [
            1_000,
            1_000_000,
            HOUR,
            DAY - HOUR,
            DAY,
            DAY + HOUR,
            15 * DAY,
            30 * DAY,
            40 * DAY,
        ];
        let by = *self.random.one_of(&STEPS);
        let is_back = self.swarm.jumps_back && self.random.permille(500);
        let (name, by) = if is_back {
            ("clock-back", -by)
        } else {
            ("clock-forward", by)
        };
        self.note_steady_clock();
        self.offset += by;
        self.note_disturbance(name);
        // Small steps do not count.
        if !(-60_000_000..=HOUR).contains(&by) {
            self.steady_since = self.now();
        }
        // Which keys a store still has depends on when it was opened, then.
        if by < -60_000_000 {
            self.twins.values_mut().for_each(|twin| *twin = None);
        }
    }

    /// Once the clock has run steadily for an hour, a store removes keys that are over.
    pub(super) fn note_steady_clock(&mut self) {
        if self.now() - self.steady_since >= HOUR {
            self.model.keys_may_be_removed(self.now());
        }
    }

    pub(super) fn snapshot_or_restore(&mut self) -> Result<(), String> {
        match self.snapshot.clone() {
            Some((bytes, model, exports)) if self.random.permille(400) => {
                self.note_disturbance("snapshot-restored");
                self.deployment.restore(&bytes)?;
                let lost = std::mem::replace(&mut self.model, model);
                self.model.remember_tokens(&lost);
                // Later ones have ids that this model does not know.
                self.exports = exports;
            }
            _ => {
                let bytes = self
                    .deployment
                    .snapshot()
                    .ok_or("there is no snapshot of records in memory")?;
                self.snapshot = Some((bytes, self.model.clone(), self.exports.clone()));
            }
        }
        Ok(())
    }
}
