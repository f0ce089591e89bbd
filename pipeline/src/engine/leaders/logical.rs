//! The logical node: what is asked for, before it is known how it runs.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::compute::SortOptions;
use arrow::datatypes::{DataType, Field};
use datafusion::common::{DFSchema, DFSchemaRef};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan, SortExpr, UserDefinedLogicalNodeCore};
use datafusion::prelude::col;

use super::{IS_LEADER, LEADER, PLACE};

/// See [`super::with_leaders`], and [`super::with_places`] where nothing is picked.
#[derive(Debug, Clone)]
pub(super) struct Leaders {
    input: LogicalPlan,
    group: Vec<Expr>,
    order: Vec<SortExpr>,
    pick: Option<Expr>,
    schema: DFSchemaRef,
}

/// Names of the group's columns, of the order's with their options, and of the picked one.
pub(super) type Columns = (Vec<String>, Vec<(String, SortOptions)>, Option<String>);

impl Leaders {
    pub(super) fn new(
        input: LogicalPlan,
        group: &[&str],
        order: Vec<SortExpr>,
        pick: Option<&str>,
    ) -> Result<Self> {
        Self::over(input, group.iter().map(|name| col(*name)).collect(), order, pick.map(col))
    }

    fn over(input: LogicalPlan, group: Vec<Expr>, order: Vec<SortExpr>, pick: Option<Expr>) -> Result<Self> {
        let added = match &pick {
            Some(pick) => {
                let picked = pick.get_type(input.schema().as_ref())?;
                vec![Field::new(IS_LEADER, DataType::Boolean, false), Field::new(LEADER, picked, true)]
            }
            None => vec![Field::new(PLACE, DataType::Int64, false)],
        };
        let added = DFSchema::from_unqualified_fields(added.into(), std::collections::HashMap::new())?;
        let schema = Arc::new(input.schema().join(&added)?);
        Ok(Self { input, group, order, pick, schema })
    }

    pub(super) fn columns(&self) -> Result<Columns> {
        let name = |expr: &Expr| match expr {
            Expr::Column(column) => Ok(column.name.clone()),
            other => Err(DataFusionError::Internal(format!("leaders are found by columns, not by {other}"))),
        };
        let group = self.group.iter().map(name).collect::<Result<_>>()?;
        let order = self
            .order
            .iter()
            .map(|sort| {
                let options = SortOptions { descending: !sort.asc, nulls_first: sort.nulls_first };
                Ok((name(&sort.expr)?, options))
            })
            .collect::<Result<_>>()?;
        Ok((group, order, self.pick.as_ref().map(name).transpose()?))
    }
}

impl UserDefinedLogicalNodeCore for Leaders {
    fn name(&self) -> &'static str {
        "Leaders"
    }

    fn inputs(&self) -> Vec<&LogicalPlan> {
        vec![&self.input]
    }

    fn schema(&self) -> &DFSchemaRef {
        &self.schema
    }

    fn expressions(&self) -> Vec<Expr> {
        let order = self.order.iter().map(|sort| sort.expr.clone());
        self.group.iter().cloned().chain(order).chain(self.pick.clone()).collect()
    }

    fn fmt_for_explain(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.pick {
            Some(pick) => write!(f, "Leaders: of {:?} by {:?}, picking {pick}", self.group, self.order),
            None => write!(f, "Places: in {:?} by {:?}", self.group, self.order),
        }
    }

    fn with_exprs_and_inputs(&self, mut exprs: Vec<Expr>, mut inputs: Vec<LogicalPlan>) -> Result<Self> {
        let Some(input) = inputs.pop() else {
            return Err(DataFusionError::Internal("leaders need an input".to_owned()));
        };
        let pick = if self.pick.is_some() { exprs.pop() } else { None };
        let order = exprs.split_off(self.group.len());
        let order = order
            .into_iter()
            .zip(&self.order)
            .map(|(expr, sort)| SortExpr { expr, asc: sort.asc, nulls_first: sort.nulls_first })
            .collect();
        Self::over(input, exprs, order, pick)
    }
}

// The schema follows from the rest, so it takes no part in comparisons.
impl PartialEq for Leaders {
    fn eq(&self, other: &Self) -> bool {
        self.input == other.input
            && self.group == other.group
            && self.order == other.order
            && self.pick == other.pick
    }
}

impl Eq for Leaders {}

impl Hash for Leaders {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.input, &self.group, &self.order, &self.pick).hash(state);
    }
}

impl PartialOrd for Leaders {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        if self == other {
            return Some(Ordering::Equal);
        }
        let ordering = self.input.partial_cmp(&other.input)?;
        Some(ordering).filter(|ordering| ordering.is_ne())
    }
}
