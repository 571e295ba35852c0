import Testing

@testable import LockstepConfiguration

/// Likely mistakes in a `where` are refused, with what to write.
@Suite struct FilterMistakeTests {
    private func problems(of filter: String) -> [String] {
        LockstepConfigurationTests.problems(
            """
            mongodb: {uri: "mongodb://127.0.0.1/shop"}
            models: {length: {exec: [python3, length.py]}}
            listeners:
              - model: length
                on: docs
                key: text
                where:
                  \(filter)
            """
        ).map(\.description)
    }

    @Test(arguments: [
        (#"owner: ObjectId("65f0c0ffee65f0c0ffee65f0")"#, "`{$oid: 65f0c0ffee65f0c0ffee65f0}`"),
        (#"owner: 'ObjectId("65f0c0ffee65f0c0ffee65f0")'"#, "`{$oid: 65f0c0ffee65f0c0ffee65f0}`"),
        (#"owner: {$in: [new ObjectId('65f0c0ffee65f0c0ffee65f0')]}"#, "`{$oid: 65f0c0ffee65f0c0ffee65f0}`"),
        (#"at: {$gte: ISODate("2024-01-01")}"#, #"`{$date: "2024-01-01"}`"#),
        (#"at: {$eq: new Date("2024-01-01T00:00:00Z")}"#, #"`{$date: "2024-01-01T00:00:00Z"}`"#),
        ("at: {$gte: new Date()}", #"`{$date: "…"}`"#),
        ("n: NumberLong(5)", "the number alone, as `5`"),
        (#"n: {$lt: NumberDecimal("1.5")}"#, #"`{$numberDecimal: "1.5"}`"#),
        ("meta: {deep: {id: UUID('a-b')}}", "`{$uuid: a-b}`"),
        ("title: /^ab+c/", "`{$regex: '^ab+c'}`"),
        ("title: /^ab+c/i", "`{$regex: '^ab+c', $options: i}`"),
        (#"title: {$in: ["/it's/", other]}"#, "`{$regex: 'it''s'}`"),
        ("$or: [{title: /a/}, {lang: en}]", "`{$regex: 'a'}`"),
        (
            "$expr: {$eq: [$owner, ObjectId('65f0c0ffee65f0c0ffee65f0')]}",
            "`{$oid: 65f0c0ffee65f0c0ffee65f0}`"
        ),
        ("n: {$exsits: true}", "did you mean `$exists`?"),
        ("n: {$gt: 5, lt: 9}", "did you mean `$lt`?"),
        ("n: {gte: 5}", "write `$gte` for the operator"),
        ("lang: {in: [en, de]}", "write `$in` for the operator"),
        ("text: {exists: true}", "write `$exists` for the operator"),
        ("$adn: [{a: 1}]", "did you mean `$and`?"),
        ("or: [{a: 1}, {b: 2}]", "did you mean `$or`?"),
        ("tags: {$elemMatch: {n: {lte: 5}}}", "write `$lte` for the operator"),
        ("n: {$not: {gt: 5}}", "write `$gt` for the operator"),
        ("place: {$near: [0, 0]}", "use `$geoWithin`"),
        ("place: {$nearSphere: {$geometry: {type: Point, coordinates: [1, 2]}}}", "use `$geoWithin`"),
        ("$text: {$search: gimp}", "use `$regex`"),
        ("$and: [{place: {$near: [0, 0]}}]", "use `$geoWithin`"),
    ])
    func aValueAsTheShellWritesItAndAMisspelledOperatorAreRefused(filter: String, advice: String) {
        let found = problems(of: filter)
        #expect(found.count == 1, "\(filter): \(found)")
        // The line of the filter.
        #expect(found.first?.hasPrefix("lockstep.yaml:8: ") == true, "\(found)")
        #expect(found.first?.contains(advice) == true, "\(filter): \(found)")
    }

    @Test(arguments: [
        "path: {$eq: /docs/}", "path: {$ne: /docs/}", "url: {$regex: /api/}", "path: /docs", "path: //",
        "path: {$regex: /a/, $options: i}", "title: Date", "title: ObjectId", "note: call Date() now",
        "$expr: {$eq: [$owner, {$literal: ObjectId('x')}]}",
        "$expr: {$regexMatch: {input: $url, regex: /api/}}",
        "$comment: ISODate('x')", "meta: {type: a, size: 5}", "meta: {$eq: {gt: 5}}", "and: [a, b]",
        "n: {$bitsAllSet: 5}", "place: {$geoWithin: {$center: [[1, 2], 3]}}",
        "n: {$someNewOperator: 5}", "$nor: [{a: 1}, {b: {$exists: false}}]", "in: [a]", "regex: abc",
        "tags: {$all: [{$elemMatch: {a: 1}}]}", "$jsonSchema: {properties: {in: {enum: [/a/]}}}",
    ])
    func whatMayBeMeantIsTaken(filter: String) {
        #expect(problems(of: filter) == [])
    }
}
