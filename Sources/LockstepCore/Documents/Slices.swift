import MongoBSON

extension RandomAccessCollection where Index == Int {
    /// Cuts into slices of at most that many bytes, each of one element at least.
    package func slices(bytes limit: Int, _ size: (Element) -> Int) -> [SubSequence] {
        var slices: [SubSequence] = []
        var start = startIndex
        var taken = 0
        for index in indices {
            let next = size(self[index])
            if index > start && taken + next > limit {
                slices.append(self[start..<index])
                start = index
                taken = 0
            }
            taken += next
        }
        if start < endIndex { slices.append(self[start..<endIndex]) }
        return slices
    }
}

extension RandomAccessCollection<DocumentKey> where Index == Int {
    /// As many `_id`s as one command takes: MongoDB allows it 16 MB, and a large `_id` is one of few.
    package var perCommand: [SubSequence] {
        slices(bytes: BSONDocument.bytesOfIDsPerCommand) { $0.id.bytes.count }
    }
}

extension BSONDocument {
    package static let bytesOfIDsPerCommand = 4 << 20
}
