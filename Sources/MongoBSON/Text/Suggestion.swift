/// The candidate with the fewest typing errors, if they are few.
package func suggestion(for word: String, among candidates: some Sequence<String>) -> String? {
    // A page of text takes long to compare, and is no misspelled name.
    guard word.utf8.count <= 200 else { return nil }
    let typed = Array(word.lowercased())
    let tolerated = max(1, typed.count / 3)
    var best: (candidate: String, errors: Int)?
    for candidate in candidates {
        let errors = typingErrors(typed, Array(candidate.lowercased()))
        if errors <= tolerated, errors < best?.errors ?? .max { best = (candidate, errors) }
    }
    return best?.candidate
}

/// Letters to insert, remove, replace or swap with their neighbour: the optimal string alignment distance.
private func typingErrors(_ left: [Character], _ right: [Character]) -> Int {
    var beforeLast = [Int]()
    var last = Array(0...right.count)
    for row in left.indices {
        var current = [row + 1]
        for column in right.indices {
            let replaced = last[column] + (left[row] == right[column] ? 0 : 1)
            var errors = min(replaced, last[column + 1] + 1, current[column] + 1)
            if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                errors = min(errors, beforeLast[column - 1] + 1)
            }
            current.append(errors)
        }
        beforeLast = last
        last = current
    }
    return last[right.count]
}
