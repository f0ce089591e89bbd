//! Many texts in memory.

/// The code points of texts, one text behind the other; a text's number is its place in the order.
#[derive(Debug, Clone)]
pub struct Texts {
    points: Vec<u32>,
    starts: Vec<usize>,
}

impl Texts {
    /// The code points of `texts`, at most 2³² of them.
    pub fn new<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Self {
        let (mut points, mut starts) = (Vec::new(), vec![0]);
        for text in texts {
            points.extend(text.as_ref().chars().map(u32::from));
            starts.push(points.len());
        }
        Self { points, starts }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The text of a number below [`Self::len`]; beyond, the empty one.
    pub fn get(&self, number: u32) -> &[u32] {
        let at = number as usize;
        match (self.starts.get(at), self.starts.get(at + 1)) {
            (Some(start), Some(end)) => self.points.get(*start..*end).unwrap_or_default(),
            _ => &[],
        }
    }
}
