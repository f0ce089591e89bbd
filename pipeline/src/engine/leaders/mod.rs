//! Leaders and places: each row learns which row of its group comes first, or how many come before it.
//!
//! `first_value()` and `row_number()` say the same, but keep a state a group: over groups of one or two
//! rows, which is what copies mostly are, that costs several times the sort beneath it.

mod exec;
mod logical;
mod places;

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::catalog::Session;
use datafusion::dataframe::DataFrame;
use datafusion::error::Result;
use datafusion::execution::context::QueryPlanner;
use datafusion::logical_expr::physical_planning_context::PhysicalPlanningContext;
use datafusion::logical_expr::{Extension, LogicalPlan, SortExpr, UserDefinedLogicalNode};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_planner::{DefaultPhysicalPlanner, ExtensionPlanner, PhysicalPlanner};

use exec::LeadersExec;
use logical::Leaders;

/// Column that is true in the first row of each group.
pub const IS_LEADER: &str = "is_leader";
/// Column with the leader's value of the picked column.
pub const LEADER: &str = "leader";
/// Column with the number of rows of the group that come before.
pub const PLACE: &str = "place";

/// Adds to each row of `frame` the columns [`IS_LEADER`] and [`LEADER`].
///
/// Rows that agree in the columns `group` (nulls agree with nulls) are one group; its leader is the
/// first in `order`, a list of plain columns that should leave no ties. `pick` is the column whose value
/// in the leader every row gets. No row is added or dropped; rows of a group stay together.
pub fn with_leaders(frame: DataFrame, group: &[&str], order: Vec<SortExpr>, pick: &str) -> Result<DataFrame> {
    over(frame, group, order, Some(pick))
}

/// Adds to each row of `frame` the column [`PLACE`]: how many rows of its group come before it in `order`.
///
/// Groups and order as for [`with_leaders`].
pub fn with_places(frame: DataFrame, group: &[&str], order: Vec<SortExpr>) -> Result<DataFrame> {
    over(frame, group, order, None)
}

fn over(frame: DataFrame, group: &[&str], order: Vec<SortExpr>, pick: Option<&str>) -> Result<DataFrame> {
    let (state, input) = frame.into_parts();
    let node = Leaders::new(input, group, order, pick)?;
    let plan = LogicalPlan::Extension(Extension { node: Arc::new(node) });
    Ok(DataFrame::new(state, plan))
}

/// The engine's own planner, which also knows [`with_leaders`] and [`with_places`].
#[derive(Debug, Default)]
pub(super) struct LeadersPlanner;

#[async_trait]
impl QueryPlanner for LeadersPlanner {
    async fn create_physical_plan(
        &self,
        plan: &LogicalPlan,
        session: &dyn Session,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let planner = DefaultPhysicalPlanner::with_extension_planners(vec![Arc::new(Self)]);
        planner.create_physical_plan(plan, session).await
    }
}

#[async_trait]
impl ExtensionPlanner for LeadersPlanner {
    async fn plan_extension(
        &self,
        _planner: &dyn PhysicalPlanner,
        node: &dyn UserDefinedLogicalNode,
        _logical_inputs: &[&LogicalPlan],
        physical_inputs: &[Arc<dyn ExecutionPlan>],
        _session: &dyn Session,
        _context: &PhysicalPlanningContext,
    ) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        let any: &dyn std::any::Any = node.as_any();
        let (Some(leaders), [input]) = (any.downcast_ref::<Leaders>(), physical_inputs) else {
            return Ok(None);
        };
        let (group, order, pick) = leaders.columns()?;
        Ok(Some(Arc::new(LeadersExec::try_new(Arc::clone(input), &group, &order, pick.as_deref())?)))
    }
}

#[cfg(test)]
mod tests;
