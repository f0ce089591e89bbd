//! How scans of tasks travel: a prefix of our own, then JSON; all else is the engine's.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use ballista_core::serde::{BallistaLogicalExtensionCodec, BallistaPhysicalExtensionCodec};
use datafusion::catalog::TableProvider;
use datafusion::common::TableReference;
use datafusion::datasource::file_format::FileFormatFactory;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::logical_expr::{Extension, LogicalPlan};
use datafusion::physical_plan::ExecutionPlan;
use datafusion_proto::logical_plan::LogicalExtensionCodec;
use datafusion_proto::physical_plan::{PhysicalExtensionCodec, PhysicalProtoConverterExtension};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::plan::Place;
use super::table::{self, TasksTable};
use super::worker::Worker;

/// What a node of ours begins with: the program, and the version of the format.
const MAGIC: &[u8] = b"tweetmill task scan 1\n";

#[derive(Serialize, Deserialize)]
struct TableMessage {
    place: Place,
    tasks: Vec<usize>,
}

#[derive(Serialize, Deserialize)]
struct ScanMessage {
    place: Place,
    groups: Vec<Vec<usize>>,
}

fn encode(message: &impl Serialize, buffer: &mut Vec<u8>) -> Result<()> {
    buffer.extend_from_slice(MAGIC);
    serde_json::to_writer(buffer, message).map_err(|error| DataFusionError::External(Box::new(error)))
}

fn decode<T: DeserializeOwned>(buffer: &[u8]) -> Option<Result<T>> {
    let json = buffer.strip_prefix(MAGIC)?;
    Some(serde_json::from_slice(json).map_err(|error| DataFusionError::External(Box::new(error))))
}

/// Between driver and scheduler: the table.
#[derive(Debug, Default)]
pub(super) struct TableCodec {
    inner: BallistaLogicalExtensionCodec,
}

impl LogicalExtensionCodec for TableCodec {
    fn try_decode(&self, buffer: &[u8], inputs: &[LogicalPlan], context: &TaskContext) -> Result<Extension> {
        self.inner.try_decode(buffer, inputs, context)
    }

    fn try_encode(&self, node: &Extension, buffer: &mut Vec<u8>) -> Result<()> {
        self.inner.try_encode(node, buffer)
    }

    fn try_decode_table_provider(
        &self,
        buffer: &[u8],
        table: &TableReference,
        schema: SchemaRef,
        context: &TaskContext,
    ) -> Result<Arc<dyn TableProvider>> {
        match decode(buffer) {
            Some(message) => {
                let TableMessage { place, tasks } = message?;
                Ok(Arc::new(TasksTable { place, tasks }))
            }
            None => self.inner.try_decode_table_provider(buffer, table, schema, context),
        }
    }

    fn try_encode_table_provider(
        &self,
        table: &TableReference,
        provider: Arc<dyn TableProvider>,
        buffer: &mut Vec<u8>,
    ) -> Result<()> {
        match provider.as_ref().downcast_ref::<TasksTable>() {
            Some(TasksTable { place, tasks }) => {
                encode(&TableMessage { place: place.clone(), tasks: tasks.clone() }, buffer)
            }
            None => self.inner.try_encode_table_provider(table, provider, buffer),
        }
    }

    fn try_decode_file_format(
        &self,
        buffer: &[u8],
        context: &TaskContext,
    ) -> Result<Arc<dyn FileFormatFactory>> {
        self.inner.try_decode_file_format(buffer, context)
    }

    fn try_encode_file_format(&self, buffer: &mut Vec<u8>, format: Arc<dyn FileFormatFactory>) -> Result<()> {
        self.inner.try_encode_file_format(buffer, format)
    }
}

/// Between scheduler and executors: the scan. Only an executor has a worker.
#[derive(Debug, Default)]
pub(super) struct ScanCodec {
    inner: BallistaPhysicalExtensionCodec,
    worker: Option<Arc<Worker>>,
}

impl ScanCodec {
    /// What it decodes can be run by `worker`.
    pub(super) fn of(worker: Arc<Worker>) -> Self {
        Self { worker: Some(worker), ..Self::default() }
    }
}

impl PhysicalExtensionCodec for ScanCodec {
    fn try_decode(
        &self,
        buffer: &[u8],
        inputs: &[Arc<dyn ExecutionPlan>],
        context: &TaskContext,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        match decode(buffer) {
            Some(message) => {
                let ScanMessage { place, groups } = message?;
                Ok(table::scan(place, &groups, self.worker.clone()))
            }
            None => self.inner.try_decode(buffer, inputs, context, converter),
        }
    }

    fn try_encode(
        &self,
        node: Arc<dyn ExecutionPlan>,
        buffer: &mut Vec<u8>,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<()> {
        match table::scanned(node.as_ref()) {
            Some((place, groups)) => encode(&ScanMessage { place, groups }, buffer),
            None => self.inner.try_encode(node, buffer, converter),
        }
    }
}
