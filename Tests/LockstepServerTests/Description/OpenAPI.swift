import Foundation
import Testing

/// An OpenAPI description, and how it differs from the types.
struct OpenAPI {
    typealias Object = [String: Any]

    struct Operation {
        let path: String
        let method: String
        let value: Object
    }

    private let root: Object
    /// The schemas that were compared, by their names.
    private(set) var visited: Set<String> = []

    init(json: some DataProtocol) throws {
        root = try #require(try JSONSerialization.jsonObject(with: Data(json)) as? Object)
    }

    var operations: [Operation] {
        let paths = root["paths"] as? [String: [String: Object]] ?? [:]
        return paths.flatMap { path, item in
            item.map { Operation(path: path, method: $0.uppercased(), value: $1) }
        }
    }

    var schemas: Object { Self.object(root, "components", "schemas") }

    static func object(_ object: Object, _ keys: String...) -> Object {
        keys.reduce(object) { $0[$1] as? Object ?? [:] }
    }

    /// What JSON an answer is described as; nil for other types, for errors, and for an object of any fields.
    static func schema(ofAnswer answer: Any) -> Object? {
        guard let answer = answer as? Object else { return nil }
        let schema = object(answer, "content", "application/json", "schema")
        return schema["properties"] != nil || schema["$ref"] != nil ? schema : nil
    }

    /// Where a type and a schema differ, as texts.
    mutating func differences(_ shape: Shape, _ schema: Object, at place: String) -> [String] {
        if let name = (schema["$ref"] as? String)?.split(separator: "/").last.map(String.init) {
            visited.insert(name)
            return differences(shape, Self.object(schemas, name), at: "\(place):\(name)")
        }
        switch shape {
        case .any: return schema["type"] == nil ? [] : ["\(place): any JSON in the type"]
        case .nullable(let shape):
            let choices = schema["anyOf"] as? [Object] ?? []
            guard choices.count == 2, choices[1]["type"] as? String == "null" else {
                return ["\(place): may be null in the type"]
            }
            return differences(shape, choices[0], at: place)
        case .array(let shape):
            return kind(schema, "array", place)
                + differences(shape, Self.object(schema, "items"), at: "\(place)[]")
        case .object(let fields): return differences(fields, schema, at: place)
        case .choice(let names):
            let listed = schema["enum"] as? [String]
            let constant = schema["const"] as? String
            let isRight = listed.map { Set($0) == Set(names) } ?? constant.map(names.contains) ?? false
            return kind(schema, "string", place) + (isRight ? [] : ["\(place): \(names) in the type"])
        case .string: return kind(schema, "string", place)
        case .integer: return kind(schema, "integer", place)
        case .number: return kind(schema, "number", place)
        case .boolean: return kind(schema, "boolean", place)
        }
    }

    private mutating func differences(
        _ fields: [String: Shape.Field], _ schema: Object, at place: String
    ) -> [String] {
        let properties = schema["properties"] as? [String: Object] ?? [:]
        let required = Set(schema["required"] as? [String] ?? [])
        var found = kind(schema, "object", place)
        if schema["additionalProperties"] as? Bool != false { found.append("\(place): more may come") }
        for name in Set(fields.keys).symmetricDifference(properties.keys).sorted() {
            found.append("\(place).\(name): only in \(fields[name] == nil ? "the description" : "the type")")
        }
        for (name, field) in fields {
            guard let property = properties[name] else { continue }
            if required.contains(name) != field.isRequired {
                found.append("\(place).\(name): \(field.isRequired ? "required" : "optional") in the type")
            }
            found += differences(field.shape, property, at: "\(place).\(name)")
        }
        return found
    }

    private func kind(_ schema: Object, _ type: String, _ place: String) -> [String] {
        schema["type"] as? String == type ? [] : ["\(place): \(type) in the type"]
    }
}
