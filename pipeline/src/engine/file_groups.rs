//! Files spread over the partitions of a scan.

use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::FileGroup;

/// At most `partitions` groups of `files`, dealt out one by one; at least one group, which may be empty.
pub fn dealt(files: impl IntoIterator<Item = PartitionedFile>, partitions: usize) -> Vec<FileGroup> {
    let mut groups: Vec<Vec<PartitionedFile>> = Vec::new();
    for (position, file) in files.into_iter().enumerate() {
        match groups.get_mut(position % partitions.max(1)) {
            Some(group) => group.push(file),
            None => groups.push(vec![file]),
        }
    }
    if groups.is_empty() {
        groups.push(Vec::new());
    }
    groups.into_iter().map(FileGroup::new).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(files: u64, partitions: usize) -> Vec<usize> {
        let files = (0..files).map(|number| PartitionedFile::new(number.to_string(), 1));
        dealt(files, partitions).iter().map(FileGroup::len).collect()
    }

    #[test]
    fn no_group_has_two_files_more_than_another() {
        assert_eq!(sizes(5, 2), [3, 2]);
        assert_eq!(sizes(2, 8), [1, 1]);
        assert_eq!(sizes(0, 8), [0]);
    }
}
