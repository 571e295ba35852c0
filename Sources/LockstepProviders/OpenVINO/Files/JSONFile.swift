import Foundation

/// A JSON object of a model's folder; what is not there or of another type is nil.
struct JSONFile {
    private let fields: [String: Any]

    /// Nil when there is no such file, or it is no JSON object.
    static func read(_ path: String) -> JSONFile? {
        FileManager.default.contents(atPath: path).flatMap { JSONFile($0) }
    }

    init?(_ data: Data) {
        guard let fields = try? JSONSerialization.jsonObject(with: data) as? [String: Any] else { return nil }
        self.fields = fields
    }

    private init(fields: [String: Any]) {
        self.fields = fields
    }

    func text(_ key: String) -> String? { fields[key] as? String }

    /// A whole number; one that no `Int` holds counts as none: that is how "no limit" is written.
    func number(_ key: String) -> Int? {
        guard let number = fields[key] as? NSNumber, !Self.isBool(number) else { return nil }
        return Int(exactly: number.doubleValue)
    }

    func bool(_ key: String) -> Bool? {
        guard let number = fields[key] as? NSNumber, Self.isBool(number) else { return nil }
        return number.boolValue
    }

    func texts(_ key: String) -> [String]? { fields[key] as? [String] }

    func object(_ key: String) -> JSONFile? { (fields[key] as? [String: Any]).map(JSONFile.init(fields:)) }

    var keys: [String] { fields.keys.sorted() }

    private static func isBool(_ number: NSNumber) -> Bool {
        String(cString: number.objCType) == "c"
    }
}
