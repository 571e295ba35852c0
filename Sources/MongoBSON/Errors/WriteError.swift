/// The error of a single operation of a write command.
package struct WriteError: Sendable, Equatable {
    /// The place of the operation in its command.
    package let index: Int
    package let code: Int
    /// In words, with names of indexes and fields, without values.
    package let message: String
    /// The fields that break the collection's validator, as far as the server says.
    package let fields: [String]

    package init(index: Int, code: Int, message: String, fields: [String] = []) {
        self.index = index
        self.code = code
        self.message = message
        self.fields = fields
    }

    /// The same of an operation at another place.
    package func at(_ index: Int) -> WriteError {
        WriteError(index: index, code: code, message: message, fields: fields)
    }
}

extension WriteError {
    /// Reads the error as the server sends it.
    package init(_ error: BSONView) {
        let code = Int(error["code"]?.int64 ?? 0)
        let message = error["errmsg"]?.string ?? ""
        var fields: [String] = []
        let text: String
        switch code {
        case MongoError.Code.validation:
            let rules = error["errInfo"]?.nested.map(ValidationRules.init)
            fields = rules?.fields ?? []
            let told = rules?.text ?? ""
            text = "the collection's validator refuses the document" + (told.isEmpty ? "" : ": \(told)")
        case MongoError.Code.duplicateKey:
            let keys = error["keyPattern"]?.nested.map { $0.map { "`\($0.name)`" } } ?? []
            text =
                "another document has the same key in the unique index"
                + (keys.isEmpty ? "" : " on \(keys.joined(separator: ", "))")
        default:
            text = ServerWords.safe(message, names: [])
        }
        self.init(index: Int(error["index"]?.int64 ?? 0), code: code, message: text, fields: fields)
    }

    /// A document or the update of one is larger than MongoDB takes.
    package var isAboutSize: Bool {
        MongoError.Code.tooLarge.contains(code) || message.contains("too large")
    }
}
