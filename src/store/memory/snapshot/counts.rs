//! Checks the counts in a snapshot against the records that they count.

use super::super::Data;
use super::super::records::DependentKind;
use crate::model::agent::InstanceCounts;
use crate::model::instance::RunStatus;
use crate::store::StoreError;

impl Data {
    /// Whether the stored counts of agents' instances and of instances' spans are right.
    pub(super) fn counts_hold(&self) -> Result<bool, StoreError> {
        let instances = self.tally(DependentKind::Instance, &|slot| {
            self.instance_row(slot).map(|it| it.status)
        })?;
        let spans = self.tally(DependentKind::Span, &|slot| {
            self.span_row(slot).map(|it| it.status)
        })?;
        let of = |tally: &[InstanceCounts], slot: u32| {
            tally.get(slot as usize).copied().unwrap_or_default()
        };
        for slot in self.agents.slots() {
            if self.agent_row(slot)?.counts != of(&instances, slot) {
                return Ok(false);
            }
        }
        for slot in self.instances.slots() {
            if self.instance_row(slot)?.span_counts != of(&spans, slot) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The number of dependents of a kind in each status, by the slots of their parents.
    fn tally(
        &self,
        kind: DependentKind,
        status: &dyn Fn(u32) -> Result<RunStatus, StoreError>,
    ) -> Result<Vec<InstanceCounts>, StoreError> {
        let table = self.dependents(kind);
        let mut tally = vec![InstanceCounts::default(); table.parents()];
        for slot in table.slots() {
            let parent = table.get(slot).map(|it| it.parent as usize);
            if let Some(counts) = parent.and_then(|parent| tally.get_mut(parent)) {
                counts.add(status(slot)?);
            }
        }
        Ok(tally)
    }
}
