import LockstepCore
import MongoBSON

/// Makes inputs for a listener's model of texts: with several keys the others hold a word.
package struct ProbeInput: Sendable {
    /// Keys of the listeners; 1 where the model takes texts anyway.
    package let keys: Int

    package init(keys: Int = 1) {
        self.keys = max(1, keys)
    }

    func value(_ text: String) -> BSONValue {
        guard keys > 1 else { return BSONValue(text) }
        return BSONValue([BSONValue(text)] + (1..<keys).map { _ in BSONValue("text") })
    }
}
