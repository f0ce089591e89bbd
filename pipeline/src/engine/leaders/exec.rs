//! How leaders are found: one walk over rows sorted by group and order.

use std::fmt;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, BooleanBuilder, UInt64Array, UInt64Builder};
use arrow::compute::{SortOptions, concat, partition, take};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use arrow::row::{OwnedRow, RowConverter, SortField};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::{
    Distribution, EquivalenceProperties, LexOrdering, OrderingRequirements, PhysicalExpr, PhysicalSortExpr,
};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, InputDistributionRequirements,
    Partitioning, PlanProperties,
};
use futures::StreamExt;

use super::places::Places;
use super::{IS_LEADER, LEADER, PLACE};

/// Adds [`IS_LEADER`] and [`LEADER`], or [`PLACE`], to rows that arrive sorted by (group, order).
///
/// ```text
///  group  id │ is_leader  leader │ place
///    a    3  │   true       3    │   0      the state from batch to batch is the last row's group
///    a    7  │   false      3    │   1      and its leader's value or its size, whatever that is
///    b    5  │   true       5    │   0
/// ```
#[derive(Debug, Clone)]
pub(super) struct LeadersExec {
    input: Arc<dyn ExecutionPlan>,
    group: Vec<usize>,
    /// The column whose value in the leader is given; None for places.
    pick: Option<usize>,
    ordering: LexOrdering,
    properties: Arc<PlanProperties>,
}

impl LeadersExec {
    pub(super) fn try_new(
        input: Arc<dyn ExecutionPlan>,
        group: &[String],
        order: &[(String, SortOptions)],
        pick: Option<&str>,
    ) -> Result<Self> {
        let schema = input.schema();
        let column = |name: &str| -> Result<Arc<dyn PhysicalExpr>> {
            Ok(Arc::new(Column::new_with_schema(name, &schema)?))
        };
        let mut sorted = Vec::with_capacity(group.len() + order.len());
        for name in group {
            sorted.push(PhysicalSortExpr::new(column(name)?, SortOptions::new(false, false)));
        }
        for (name, options) in order {
            sorted.push(PhysicalSortExpr::new(column(name)?, *options));
        }
        let ordering = LexOrdering::new(sorted)
            .ok_or_else(|| DataFusionError::Internal("leaders need a group".to_owned()))?;
        let group = group.iter().map(|name| schema.index_of(name)).collect::<Result<_, _>>()?;
        let pick = pick.map(|name| schema.index_of(name)).transpose()?;
        Ok(Self::over(input, group, pick, ordering))
    }

    fn over(
        input: Arc<dyn ExecutionPlan>,
        group: Vec<usize>,
        pick: Option<usize>,
        ordering: LexOrdering,
    ) -> Self {
        let schema = output_schema(&input.schema(), pick);
        let partitions = input.output_partitioning().partition_count();
        let properties = Arc::new(PlanProperties::new(
            EquivalenceProperties::new(schema),
            Partitioning::UnknownPartitioning(partitions),
            EmissionType::Incremental,
            Boundedness::Bounded,
        ));
        Self { input, group, pick, ordering, properties }
    }

    fn group_columns(&self) -> Vec<Arc<dyn PhysicalExpr>> {
        let grouped = self.ordering.iter().take(self.group.len());
        grouped.map(|sort| Arc::clone(&sort.expr)).collect()
    }
}

fn output_schema(input: &SchemaRef, pick: Option<usize>) -> SchemaRef {
    let mut fields: Vec<_> = input.fields().iter().cloned().collect();
    match pick {
        Some(pick) => {
            fields.push(Arc::new(Field::new(IS_LEADER, DataType::Boolean, false)));
            fields.push(Arc::new(Field::new(LEADER, input.field(pick).data_type().clone(), true)));
        }
        None => fields.push(Arc::new(Field::new(PLACE, DataType::Int64, false))),
    }
    Arc::new(Schema::new_with_metadata(fields, input.metadata().clone()))
}

impl DisplayAs for LeadersExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let group: Vec<String> = self.group_columns().iter().map(ToString::to_string).collect();
        write!(f, "LeadersExec: group=[{}], ordering=[{}]", group.join(", "), self.ordering)
    }
}

impl ExecutionPlan for LeadersExec {
    fn name(&self) -> &'static str {
        "LeadersExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn input_distribution_requirements(&self) -> InputDistributionRequirements {
        InputDistributionRequirements::new(vec![Distribution::KeyPartitioned(self.group_columns())])
    }

    fn required_input_ordering(&self) -> Vec<Option<OrderingRequirements>> {
        vec![Some(OrderingRequirements::from(self.ordering.clone()))]
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn apply_expressions(
        &self,
        visit: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        for sort in &self.ordering {
            if visit(&sort.expr)? == TreeNodeRecursion::Stop {
                return Ok(TreeNodeRecursion::Stop);
            }
        }
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(
        self: Arc<Self>,
        mut children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let Some(input) = children.pop() else {
            return Err(DataFusionError::Internal("LeadersExec has one child".to_owned()));
        };
        Ok(Arc::new(Self::over(input, self.group.clone(), self.pick, self.ordering.clone())))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let (group, schema) = (self.group.clone(), self.schema());
        let mut next: NextBatch = if let Some(pick) = self.pick {
            let mut walk = Walk::new(&self.input.schema(), group, pick, schema)?;
            Box::new(move |batch| walk.next(batch))
        } else {
            let mut places = Places::new(&self.input.schema(), group, schema)?;
            Box::new(move |batch| places.next(batch))
        };
        let input = self.input.execute(partition, context)?;
        let output = input.map(move |batch| next(&batch?));
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), output)))
    }
}

/// Makes the next batch that comes out of the next that went in.
type NextBatch = Box<dyn FnMut(&RecordBatch) -> Result<RecordBatch> + Send>;

/// The walk over one partition that finds leaders.
struct Walk {
    group: Vec<usize>,
    pick: usize,
    schema: SchemaRef,
    converter: RowConverter,
    /// Group of the last row so far, and the value its leader was picked for.
    last: Option<(OwnedRow, ArrayRef)>,
}

impl Walk {
    fn new(input: &SchemaRef, group: Vec<usize>, pick: usize, schema: SchemaRef) -> Result<Self> {
        let fields = group.iter().map(|index| SortField::new(input.field(*index).data_type().clone()));
        Ok(Self { converter: RowConverter::new(fields.collect())?, group, pick, schema, last: None })
    }

    fn next(&mut self, batch: &RecordBatch) -> Result<RecordBatch> {
        let rows = batch.num_rows();
        let (is_leader, leader) = if rows == 0 {
            (BooleanArray::from(Vec::<bool>::new()), batch.column(self.pick).slice(0, 0))
        } else {
            self.leaders(batch)?
        };
        let mut columns = batch.columns().to_vec();
        columns.push(Arc::new(is_leader));
        columns.push(leader);
        Ok(RecordBatch::try_new(Arc::clone(&self.schema), columns)?)
    }

    fn leaders(&mut self, batch: &RecordBatch) -> Result<(BooleanArray, ArrayRef)> {
        let keys: Vec<ArrayRef> = self.group.iter().map(|index| Arc::clone(batch.column(*index))).collect();
        let picked = batch.column(self.pick);
        let first = self.key_of(&keys, 0)?;
        // The leader of the group that goes on from the batch before stands in front of this batch's values.
        let carried = self.last.take().filter(|(key, _)| *key == first).map(|(_, value)| value);
        let values = match &carried {
            Some(value) => concat(&[value.as_ref(), picked.as_ref()])?,
            None => Arc::clone(picked),
        };
        let shift = u64::from(carried.is_some());
        let mut is_leader = BooleanBuilder::with_capacity(batch.num_rows());
        let mut leader = UInt64Builder::with_capacity(batch.num_rows());
        let mut last_leader = 0;
        for (number, range) in partition(&keys)?.ranges().into_iter().enumerate() {
            let goes_on = number == 0 && carried.is_some();
            last_leader = if goes_on { 0 } else { range.start as u64 + shift };
            for row in range.clone() {
                is_leader.append_value(!goes_on && row == range.start);
                leader.append_value(last_leader);
            }
        }
        let leader: UInt64Array = leader.finish();
        let last_value = values.slice(last_leader as usize, 1);
        // Copied, so that one value doesn't keep a whole batch in memory.
        let last_value = take(&last_value, &UInt64Array::from(vec![0]), None)?;
        self.last = Some((self.key_of(&keys, batch.num_rows() - 1)?, last_value));
        Ok((is_leader.finish(), take(&values, &leader, None)?))
    }

    fn key_of(&self, keys: &[ArrayRef], row: usize) -> Result<OwnedRow> {
        let key: Vec<ArrayRef> = keys.iter().map(|column| column.slice(row, 1)).collect();
        Ok(self.converter.convert_columns(&key)?.row(0).owned())
    }
}
