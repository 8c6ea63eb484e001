//! A store whose calls fail on request.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::model::token::TokenState;
use crate::store::*;

/// A store in memory whose calls fail once a budget is used up. `rollback` always succeeds.
pub(crate) struct FailingStore {
    inner: MemoryStore,
    budget: Budget,
}

/// The number of further calls that succeed.
#[derive(Clone)]
pub(crate) struct Budget(Arc<AtomicU32>);

impl Budget {
    pub(crate) fn set(&self, calls: u32) {
        self.0.store(calls, Ordering::Relaxed);
    }

    pub(crate) fn unlimited(&self) {
        self.set(u32::MAX);
    }

    fn spend(&self) -> Result<(), StoreError> {
        match self.0.load(Ordering::Relaxed) {
            0 => Err(StoreError::Host("the disk is gone".into())),
            u32::MAX => Ok(()),
            calls => {
                self.set(calls - 1);
                Ok(())
            }
        }
    }
}

impl FailingStore {
    pub(crate) fn new() -> (FailingStore, Budget) {
        let budget = Budget(Arc::new(AtomicU32::new(u32::MAX)));
        let store = FailingStore {
            inner: MemoryStore::new(1),
            budget: budget.clone(),
        };
        (store, budget)
    }
}

impl Accounts for FailingStore {
    fn account(&self, id: Pfid) -> Result<Option<AccountRow<'_>>, StoreError> {
        self.budget.spend()?;
        self.inner.account(id)
    }

    fn accounts(&self) -> Result<Vec<AccountRow<'_>>, StoreError> {
        self.budget.spend()?;
        self.inner.accounts()
    }

    fn insert_account(&mut self, row: &AccountRow<'_>) -> Result<(), StoreError> {
        self.budget.spend()?;
        self.inner.insert_account(row)
    }

    fn update_account(
        &mut self,
        id: Pfid,
        name: Option<&str>,
        updated_at: Timestamp,
    ) -> Result<AccountRow<'_>, StoreError> {
        self.budget.spend()?;
        self.inner.update_account(id, name, updated_at)
    }

    fn set_account_state(
        &mut self,
        id: Pfid,
        ids: &IdState,
        usage: &Usage,
    ) -> Result<(), StoreError> {
        self.budget.spend()?;
        self.inner.set_account_state(id, ids, usage)
    }

    fn generated_environments(&self) -> Result<Vec<GeneratedEnvironment>, StoreError> {
        self.budget.spend()?;
        self.inner.generated_environments()
    }

    fn keep_generated_environment(&mut self, row: &GeneratedEnvironment) -> Result<(), StoreError> {
        self.budget.spend()?;
        self.inner.keep_generated_environment(row)
    }
}

impl Environments for FailingStore {
    fn environment(&self, id: Pfid) -> Result<Option<EnvironmentRow<'_>>, StoreError> {
        self.budget.spend()?;
        self.inner.environment(id)
    }

    fn environments(&self, account_id: Pfid) -> Result<Vec<EnvironmentRow<'_>>, StoreError> {
        self.budget.spend()?;
        self.inner.environments(account_id)
    }

    fn insert_environment(&mut self, row: &EnvironmentRow<'_>) -> Result<(), StoreError> {
        self.budget.spend()?;
        self.inner.insert_environment(row)
    }

    fn update_environment(
        &mut self,
        id: Pfid,
        name: Option<&str>,
        updated_at: Timestamp,
    ) -> Result<EnvironmentRow<'_>, StoreError> {
        self.budget.spend()?;
        self.inner.update_environment(id, name, updated_at)
    }

    fn delete_environment(&mut self, id: Pfid) -> Result<(), StoreError> {
        self.budget.spend()?;
        self.inner.delete_environment(id)
    }
}

impl ApiTokens for FailingStore {
    fn api_token(&self, id: Pfid) -> Result<Option<ApiTokenRow<'_>>, StoreError> {
        self.budget.spend()?;
        self.inner.api_token(id)
    }

    fn api_token_of_digest(
        &self,
        digest: &TokenDigest,
    ) -> Result<Option<ApiTokenRow<'_>>, StoreError> {
        self.budget.spend()?;
        self.inner.api_token_of_digest(digest)
    }

    fn api_tokens(&self, account_id: Pfid) -> Result<Vec<ApiTokenRow<'_>>, StoreError> {
        self.budget.spend()?;
        self.inner.api_tokens(account_id)
    }

    fn has_api_tokens(&self) -> Result<bool, StoreError> {
        self.budget.spend()?;
        self.inner.has_api_tokens()
    }

    fn insert_api_token(&mut self, row: &ApiTokenRow<'_>) -> Result<(), StoreError> {
        self.budget.spend()?;
        self.inner.insert_api_token(row)
    }

    fn update_api_token(
        &mut self,
        id: Pfid,
        state: TokenState,
        updated_at: Timestamp,
    ) -> Result<ApiTokenRow<'_>, StoreError> {
        self.budget.spend()?;
        self.inner.update_api_token(id, state, updated_at)
    }

    fn note_api_token_use(&mut self, id: Pfid, hour: Timestamp) -> Result<(), StoreError> {
        self.budget.spend()?;
        self.inner.note_api_token_use(id, hour)
    }

    fn delete_api_token(&mut self, id: Pfid) -> Result<(), StoreError> {
        self.budget.spend()?;
        self.inner.delete_api_token(id)
    }

    fn is_void_token(&self, digest: &TokenDigest) -> Result<bool, StoreError> {
        self.budget.spend()?;
        self.inner.is_void_token(digest)
    }

    fn void_token(&mut self, digest: &TokenDigest) -> Result<(), StoreError> {
        self.budget.spend()?;
        self.inner.void_token(digest)
    }

    fn token_secret(&self) -> Result<Option<[u8; 32]>, StoreError> {
        self.budget.spend()?;
        self.inner.token_secret()
    }

    fn keep_token_secret(&mut self, secret: &[u8; 32]) -> Result<(), StoreError> {
        self.budget.spend()?;
        self.inner.keep_token_secret(secret)
    }
}

impl Agents for FailingStore {
    fn agent(&self, id: Pfid) -> Result<Option<AgentRow<'_>>, StoreError> {
        self.budget.spend()?;
        self.inner.agent(id)
    }

    fn insert_agent(&mut self, row: &AgentRow<'_>) -> Result<(), StoreError> {
        self.budget.spend()?;
        self.inner.insert_agent(row)
    }

    fn update_agent(&mut self, id: Pfid, change: &AgentChange<'_>) -> Result<(), StoreError> {
        self.budget.spend()?;
        self.inner.update_agent(id, change)
    }

    fn record_activity(
        &mut self,
        id: Pfid,
        shift: CountShift,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.budget.spend()?;
        self.inner.record_activity(id, shift, at)
    }

    fn delete_agent(&mut self, id: Pfid) -> Result<(), StoreError> {
        self.budget.spend()?;
        self.inner.delete_agent(id)
    }

    fn count_agents(
        &self,
        account_id: Pfid,
        environment_id: Option<Pfid>,
    ) -> Result<u64, StoreError> {
        self.budget.spend()?;
        self.inner.count_agents(account_id, environment_id)
    }

    fn list_agents(
        &mut self,
        query: &AgentQuery,
        each: &mut dyn FnMut(&AgentRow<'_>) -> ControlFlow<()>,
    ) -> Result<u64, StoreError> {
        self.budget.spend()?;
        self.inner.list_agents(query, each)
    }
}

impl Versions for FailingStore {
    fn version(&self, kind: VersionKind, id: Pfid) -> Result<Option<VersionRow<'_>>, StoreError> {
        self.budget.spend()?;
        self.inner.version(kind, id)
    }

    fn version_id(
        &self,
        kind: VersionKind,
        agent_id: Pfid,
        identifier: &str,
    ) -> Result<Option<Pfid>, StoreError> {
        self.budget.spend()?;
        self.inner.version_id(kind, agent_id, identifier)
    }

    fn insert_version(
        &mut self,
        kind: VersionKind,
        row: &VersionRow<'_>,
    ) -> Result<(), StoreError> {
        self.budget.spend()?;
        self.inner.insert_version(kind, row)
    }

    fn delete_versions(&mut self, kind: VersionKind, agent_id: Pfid) -> Result<(), StoreError> {
        self.budget.spend()?;
        self.inner.delete_versions(kind, agent_id)
    }

    fn list_versions(
        &mut self,
        kind: VersionKind,
        query: &VersionQuery,
        each: &mut dyn FnMut(&VersionRow<'_>) -> ControlFlow<()>,
    ) -> Result<u64, StoreError> {
        self.budget.spend()?;
        self.inner.list_versions(kind, query, each)
    }
}

impl Instances for FailingStore {
    fn instance(&self, id: Pfid) -> Result<Option<InstanceRow>, StoreError> {
        self.budget.spend()?;
        self.inner.instance(id)
    }

    fn insert_instance(&mut self, row: &InstanceRow) -> Result<(), StoreError> {
        self.budget.spend()?;
        self.inner.insert_instance(row)
    }

    fn update_instance(&mut self, row: &InstanceRow) -> Result<(), StoreError> {
        self.budget.spend()?;
        self.inner.update_instance(row)
    }

    fn shift_span_counts(&mut self, id: Pfid, shift: CountShift) -> Result<(), StoreError> {
        self.budget.spend()?;
        self.inner.shift_span_counts(id, shift)
    }

    fn list_instances(
        &mut self,
        query: &InstanceQuery,
        each: &mut dyn FnMut(&InstanceRow) -> ControlFlow<()>,
    ) -> Result<u64, StoreError> {
        self.budget.spend()?;
        self.inner.list_instances(query, each)
    }
}

impl Spans for FailingStore {
    fn span(&self, id: Pfid) -> Result<Option<SpanRow<'_>>, StoreError> {
        self.budget.spend()?;
        self.inner.span(id)
    }

    fn insert_span(&mut self, row: &SpanRow<'_>) -> Result<(), StoreError> {
        self.budget.spend()?;
        self.inner.insert_span(row)
    }

    fn update_span(
        &mut self,
        id: Pfid,
        change: &SpanChange<'_>,
    ) -> Result<SpanRow<'_>, StoreError> {
        self.budget.spend()?;
        self.inner.update_span(id, change)
    }

    fn count_spans(&self, parent: SpanParent) -> Result<u64, StoreError> {
        self.budget.spend()?;
        self.inner.count_spans(parent)
    }

    fn list_spans(
        &mut self,
        query: &SpanQuery,
        each: &mut dyn FnMut(&SpanRow<'_>) -> ControlFlow<()>,
    ) -> Result<u64, StoreError> {
        self.budget.spend()?;
        self.inner.list_spans(query, each)
    }
}

impl Answers for FailingStore {
    fn stored_answer(
        &self,
        scope: Pfid,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<StoredAnswer<'_>>, StoreError> {
        self.budget.spend()?;
        self.inner.stored_answer(scope, key, now)
    }

    fn keep_answer(
        &mut self,
        scope: Pfid,
        key: &str,
        answer: &StoredAnswer<'_>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.budget.spend()?;
        self.inner.keep_answer(scope, key, answer, now)
    }

    fn forget_answers(&mut self, now: Timestamp, at_most: u32) -> Result<u32, StoreError> {
        self.budget.spend()?;
        self.inner.forget_answers(now, at_most)
    }

    fn key_usage(&self) -> Result<KeyUsage, StoreError> {
        self.budget.spend()?;
        self.inner.key_usage()
    }

    fn first_key_over(&self) -> Result<Option<Timestamp>, StoreError> {
        self.budget.spend()?;
        self.inner.first_key_over()
    }

    fn press_keys(&mut self, now: Timestamp) -> Result<(), StoreError> {
        self.budget.spend()?;
        self.inner.press_keys(now)
    }

    fn drop_bodies(&mut self, at_most: u64) -> Result<(), StoreError> {
        self.budget.spend()?;
        self.inner.drop_bodies(at_most)
    }
}

impl Store for FailingStore {
    fn begin(&mut self) -> Result<(), StoreError> {
        self.budget.spend()?;
        self.inner.begin()
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        self.budget.spend()?;
        self.inner.commit()
    }

    fn settle(&mut self, is_committed: bool) {
        self.inner.settle(is_committed);
    }

    fn clear(&mut self) -> Result<(), StoreError> {
        self.budget.spend()?;
        self.inner.clear()
    }

    fn locate(&self, id: Pfid) -> Result<Option<Located>, StoreError> {
        self.budget.spend()?;
        self.inner.locate(id)
    }

    fn rollback(&mut self) -> Result<(), StoreError> {
        self.inner.rollback()
    }

    fn snapshots(&self) -> Option<&dyn Snapshots> {
        self.inner.snapshots()
    }

    fn snapshots_mut(&mut self) -> Option<&mut dyn Snapshots> {
        self.inner.snapshots_mut()
    }
}
