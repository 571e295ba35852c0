import Foundation
import LockstepCore
import LockstepReading
import LockstepSinks
import MongoBSON
import Yams

/// Makes the BSON of a `where` from its YAML.
///
/// Numbers, dates, true, false and null as YAML 1.2 has them, when they are not quoted; Extended JSON's
/// forms, as `{$oid: …}`, for the rest.
enum FilterReader {
    static func read(_ node: YAMLNode, problems: inout Problems) -> BSONDocument? {
        guard case .mapping(let entries) = node.content else {
            problems.add(node.line, "`where` must be a filter, as `{lang: en}`: found \(node.found)")
            return nil
        }
        let filter = document(entries, in: .fields, problems: &problems)
        if FilterPaths(filter).paths.contains(where: {
            $0.components.first.map(String.init) == OutputPlace.provenance
        }) {
            problems.add(
                node.line,
                "`where` must not look at `\(OutputPlace.provenance)`, which Lockstep itself changes: take it out"
            )
        }
        return filter
    }

    private static func document(
        _ entries: [YAMLNode.Entry], in place: FilterMistakes.Place, problems: inout Problems
    ) -> BSONDocument {
        for (line, message) in FilterMistakes.problems(ofNames: entries, in: place) {
            problems.add(line, message)
        }
        var elements: [(String, BSONValue)] = []
        for entry in entries {
            if entry.key.utf8.contains(0) {
                problems.add(entry.line, "a field's name must not hold a NUL byte")
                continue
            }
            let beside = FilterMistakes.place(beside: entry.key, in: place)
            elements.append((entry.key, value(entry.value, in: beside, problems: &problems)))
        }
        return BSONDocument(elements)
    }

    private static func value(
        _ node: YAMLNode, in place: FilterMistakes.Place, problems: inout Problems
    ) -> BSONValue {
        switch node.content {
        case .scalar(let scalar):
            if let problem = FilterMistakes.problem(ofText: scalar, in: place) {
                problems.add(node.line, problem)
            }
            return self.scalar(scalar, line: node.line, problems: &problems)
        case .list(let nodes):
            return BSONValue(nodes.map { value($0, in: place, problems: &problems) })
        case .mapping(let entries):
            if let name = entries.first(where: { extendedJSON.contains($0.key) })?.key {
                return extended(node, name, problems: &problems)
            }
            return BSONValue(document(entries, in: place, problems: &problems))
        }
    }
}

// MARK: Extended JSON

extension FilterReader {
    private static let extendedJSON: Set<String> = [
        "$oid", "$date", "$numberInt", "$numberLong", "$numberDouble", "$numberDecimal", "$binary", "$uuid",
        "$timestamp", "$regularExpression", "$symbol", "$code", "$minKey", "$maxKey", "$undefined",
    ]

    /// libbson reads the form from JSON.
    private static func extended(_ node: YAMLNode, _ name: String, problems: inout Problems) -> BSONValue {
        do throws(ExtendedJSONError) {
            let document = try BSONDocument(json: BSONDocument([("value", unread(node, in: name))]).json)
            if let value = document["value"], value.type != .document { return value }
            problems.add(node.line, "`\(name)` of Extended JSON is not complete")
        } catch {
            problems.add(node.line, "`\(name)` of Extended JSON cannot be read: \(error.description)")
        }
        return .null
    }

    /// The YAML as it would be written in JSON, where dates and most numbers are texts.
    private static func unread(_ node: YAMLNode, in name: String) -> BSONValue {
        switch node.content {
        case .list(let nodes):
            return BSONValue(nodes.map { unread($0, in: name) })
        case .mapping(let entries):
            return BSONValue(BSONDocument(entries.map { ($0.key, unread($0.value, in: $0.key)) }))
        case .scalar(let scalar):
            let isNumber = ["$date", "$minKey", "$maxKey", "t", "i"].contains(name)
            if isNumber, scalar.isPlain, let number = Int(scalar.text) { return BSONValue(number) }
            if name == "$undefined" { return true }
            return BSONValue(scalar.text)
        }
    }
}

// MARK: Scalars

extension FilterReader {
    private static func scalar(
        _ scalar: YAMLNode.Scalar, line: Int, problems: inout Problems
    ) -> BSONValue {
        let text = scalar.text
        guard scalar.isPlain else { return BSONValue(text) }
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE": return true
        case "false", "False", "FALSE": return false
        case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF": return BSONValue(Double.infinity)
        case "-.inf", "-.Inf", "-.INF": return BSONValue(-Double.infinity)
        case ".nan", ".NaN", ".NAN": return BSONValue(Double.nan)
        default: break
        }
        if ["yes", "no", "on", "off", "y", "n"].contains(text.lowercased()) {
            let isYes = ["yes", "on", "y"].contains(text.lowercased())
            problems.add(
                line,
                "\(shown(scalar.raw)) is a text in one YAML and \(isYes) in another: write `\"\(scalar.raw)\"` or `\(isYes)`"
            )
            return .null
        }
        return number(scalar, line: line, problems: &problems) ?? date(text) ?? BSONValue(text)
    }

    private static func number(
        _ scalar: YAMLNode.Scalar, line: Int, problems: inout Problems
    ) -> BSONValue? {
        let text = scalar.text
        for (prefix, radix) in [("0x", 16), ("0o", 8)] where text.hasPrefix(prefix) {
            return Int(text.dropFirst(2), radix: radix).map { BSONValue($0) }
        }
        let digits = text.drop { $0 == "-" || $0 == "+" }
        guard text.count - digits.count <= 1, let first = digits.first, first.isASCII,
            first.isNumber || first == "." && digits.count > 1,
            digits.allSatisfy({ $0.isASCII && $0.isNumber || ".eE+-".contains($0) })
        else { return nil }
        if digits.count > 1, first == "0", digits.allSatisfy(\.isNumber) {
            problems.add(
                line,
                "\(shown(scalar.raw)) is read differently by different YAML: write `\"\(scalar.raw)\"` for the text, or the number without its leading zero"
            )
            return .null
        }
        if let number = Int(text) { return BSONValue(number) }
        return Double(text).map { BSONValue($0) }
    }

    private static func date(_ text: String) -> BSONValue? {
        guard let date = Date.construct(from: Node.Scalar(text)) else { return nil }
        return BSONValue(millisecondsSince1970: Int64((date.timeIntervalSince1970 * 1000).rounded()))
    }
}
