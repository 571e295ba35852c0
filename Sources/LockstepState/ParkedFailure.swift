import LockstepCore
import MongoBSON

/// An entry of `lockstep.failures`: why a document has no output of a listener.
package struct ParkedFailure: Sendable {
    package let listener: String
    package let document: BSONValue
    package let reason: String
    package let attempts: Int
    package let input: Fingerprint?
    package let version: String
    /// When it was last tried, in milliseconds since 1970.
    package let at: Int64
    /// When it was first parked, in milliseconds since 1970. The store keeps the time of an entry that is there.
    package let since: Int64
    /// The output's size, when the document had no room for it.
    package var outputBytes: Int?
    /// A person wants it tried again.
    package let retry: Bool
    /// MongoDB's code, when a rule of the collection refused the output: it is retried when the rules change.
    package var rule: Int?
    /// What the rules were then; see ``CollectionRules/fingerprint``.
    package var rules: String?
    /// The document holds an output that can be neither replaced nor removed.
    package var isStuck: Bool
    /// The model's setup when the input broke the model: it is retried under another one. Nil when it was refused.
    package var setup: String?

    package init(
        listener: String, document: BSONValue, reason: String, attempts: Int, input: Fingerprint?,
        version: String, at: Int64, since: Int64, outputBytes: Int? = nil, retry: Bool = false,
        rule: Int? = nil, rules: String? = nil, isStuck: Bool = false, setup: String? = nil
    ) {
        self.listener = listener
        self.document = document
        self.reason = reason
        self.attempts = attempts
        self.input = input
        self.version = version
        self.at = at
        self.since = since
        self.outputBytes = outputBytes
        self.retry = retry
        self.rule = rule
        self.rules = rules
        self.isStuck = isStuck
        self.setup = setup
    }
}

// MARK: The stored form

extension ParkedFailure {
    package static func id(listener: String, document: BSONValue) -> BSONDocument {
        ["listener": BSONValue(listener), "document": document]
    }

    package var id: BSONDocument {
        Self.id(listener: listener, document: document)
    }

    /// What decides whether the document stays parked.
    package var entry: ParkedEntry {
        ParkedEntry(
            input: input, version: version, outputBytes: outputBytes, retry: retry, isStuck: isStuck,
            setup: setup, isOfSink: rule != nil || outputBytes != nil)
    }

    /// Nil when the entry is not one that Lockstep wrote.
    package init?(_ view: BSONView) {
        guard let id = view["_id"]?.nested, let listener = id["listener"]?.string,
            let document = id["document"]
        else { return nil }
        self.init(
            listener: listener, document: BSONValue(copying: document), reason: view["reason"]?.string ?? "",
            attempts: Int(view["attempts"]?.int64 ?? 0),
            input: (view["input"]?.value).flatMap { value in
                value.count == 21 ? Fingerprint(bytes: Array(value.suffix(16))) : nil
            },
            version: view["version"]?.string ?? "", at: view["at"]?.milliseconds ?? 0,
            since: view["since"]?.milliseconds ?? 0, outputBytes: view["outputBytes"]?.int64.map { Int($0) },
            retry: view["retry"]?.bool ?? false, rule: view["rule"]?.int64.map { Int($0) },
            rules: view["rules"]?.string, isStuck: view["stuck"]?.bool ?? false,
            setup: view["setup"]?.string)
    }

    /// The update that parks it, and removes what an earlier failure of the document left in the entry.
    var update: BSONDocument {
        let fields: [(name: String, value: BSONValue?)] = [
            ("reason", BSONValue(reason)), ("attempts", BSONValue(attempts)), ("input", input?.value),
            ("version", BSONValue(version)), ("at", BSONValue(millisecondsSince1970: at)),
            ("outputBytes", outputBytes.map { BSONValue($0) }), ("rule", rule.map { BSONValue($0) }),
            ("rules", rules.map { BSONValue($0) }), ("stuck", isStuck ? true : nil as BSONValue?),
            ("setup", setup.map { BSONValue($0) }),
        ]
        let set = fields.compactMap { field in field.value.map { (field.name, $0) } }
        let unset = ["retry"] + fields.filter { $0.value == nil }.map(\.name)
        return [
            "$set": BSONValue(BSONDocument(set)),
            "$setOnInsert": ["since": BSONValue(millisecondsSince1970: at)],
            "$unset": BSONValue(BSONDocument(unset.map { ($0, 1) })),
        ]
    }
}
