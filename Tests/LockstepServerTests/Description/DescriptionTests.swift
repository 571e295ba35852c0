import Foundation
import LockstepAPI
import Testing

@testable import LockstepServer

/// `openapi.json` and the types of the API say the same.
@Suite struct DescriptionTests {
    let description: OpenAPI

    init() throws {
        description = try OpenAPI(json: PackageResources.openapi_json)
    }

    private func operation(_ route: API.Route) throws -> OpenAPI.Operation {
        try #require(
            description.operations.first { $0.value["operationId"] as? String == route.rawValue },
            "\(route) is described")
    }

    @Test func eachOperationIsARoute() {
        let described = description.operations.map { $0.value["operationId"] as? String ?? $0.path }
        #expect(Set(described) == Set(API.Route.allCases.map(\.rawValue)))
        #expect(described.count == API.Route.allCases.count)
    }

    @Test(arguments: API.Route.allCases)
    func aRouteIsDescribedAsItIsServed(route: API.Route) throws {
        let operation = try operation(route)
        #expect(operation.path == route.path && operation.method == route.method.rawValue)
        let parameters = operation.value["parameters"] as? [OpenAPI.Object] ?? []
        let described = parameters.map {
            "\($0["name"] ?? "") \($0["in"] ?? "") \($0["explode"] as? Bool ?? false)"
        }
        #expect(described == route.parameters.map { "\($0.name) \($0.place) \($0.isRepeated)" })
        let security = (operation.value["security"] as? [OpenAPI.Object])?.map { $0.keys.first }
        switch route.access {
        case .open: #expect(security == nil)
        case .reading: #expect(security == [nil, "token"])
        case .changing: #expect(security == ["token"])
        }
    }

    @Test(arguments: API.Route.allCases)
    func whatIsAskedAndAnsweredIsDescribed(route: API.Route) throws {
        let operation = try operation(route).value
        let answers = OpenAPI.object(operation, "responses").compactMapValues(OpenAPI.schema)
        #expect(Set(answers.keys) == Set(route.definition.answers.keys.map(String.init)))
        var description = description
        for (status, type) in route.definition.answers {
            let schema = try #require(answers[String(status)])
            #expect(try description.differences(Shape(of: type), schema, at: "\(status)").isEmpty)
        }
        let body = OpenAPI.schema(ofAnswer: operation["requestBody"] as Any)
        #expect((body == nil) == (route.definition.body == nil))
        if let body, let type = route.definition.body {
            #expect(try description.differences(Shape(of: type), body, at: "body").isEmpty)
        }
    }

    @Test func whatHasNoRouteOfItsOwnIsDescribedAndNothingElse() throws {
        var description = description
        for (name, type) in [
            ("Error", API.ErrorAnswer.self as any Decodable.Type), ("Changes", API.Changes.self),
        ] {
            let reference = ["$ref": "#/components/schemas/\(name)"]
            #expect(try description.differences(Shape(of: type), reference, at: "").isEmpty)
        }
        for route in API.Route.allCases {
            let answers = try OpenAPI.object(operation(route).value, "responses")
            for (status, type) in route.definition.answers {
                let schema = try #require(answers[String(status)].flatMap(OpenAPI.schema))
                _ = try description.differences(Shape(of: type), schema, at: "")
            }
        }
        #expect(description.visited == Set(description.schemas.keys))
    }

    @Test(arguments: [
        (#""live": {"type": "string"}"#, ["live"], [".live: boolean in the type"]),
        (#""live": {"type": "boolean"}"#, [], [".live: required in the type"]),
        ("", [], [".live: only in the type"]),
        (
            #""live": {"type": "boolean"}, "more": {"type": "string"}"#, ["live"],
            [".more: only in the description"]
        ),
    ])
    func aDifferenceIsFound(properties: String, required: [String], expected: [String]) throws {
        let found = try JSONSerialization.jsonObject(with: Data("{\(properties)}".utf8))
        let schema: OpenAPI.Object = [
            "type": "object", "additionalProperties": false, "properties": found, "required": required,
        ]
        var description = description
        #expect(try description.differences(Shape(of: API.Liveness.self), schema, at: "") == expected)
    }
}
