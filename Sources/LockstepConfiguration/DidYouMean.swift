import Lockstep

/// `: did you mean …?`, or nothing.
func didYouMean(_ word: String, among candidates: some Sequence<String>) -> String {
    suggestion(for: word, among: candidates).map { ": did you mean `\($0)`?" } ?? ""
}
