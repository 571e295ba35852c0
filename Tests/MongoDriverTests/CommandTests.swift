import MongoBSON
import Testing

@testable import MongoDriver

/// The BSON that the typed commands make.
@Suite struct CommandTests {
    static let queries: [(any QueryCommand, operation: String, json: String)] = [
        (Find("docs"), "find", #"{"find": "docs"}"#),
        (Find("docs", ["a": 1]), "find", #"{"find": "docs", "filter": {"a": 1}}"#),
        (
            Find(
                "docs", ["a": 1], projection: ["_id": 1], sort: ["a": -1], limit: 3, hint: .idHint,
                min: ["_id": 7], collation: ["locale": "simple"], maxTime: 500, batchSize: 20,
                readConcern: .linearizable), "find",
            #"{"find": "docs", "filter": {"a": 1}, "projection": {"_id": 1}, "sort": {"a": -1}, "limit": 3, "hint": {"_id": 1}, "min": {"_id": 7}, "collation": {"locale": "simple"}, "maxTimeMS": 500, "batchSize": 20, "readConcern": {"level": "linearizable"}}"#
        ),
        (
            Find("docs", hint: "rule", readConcern: .majority), "find",
            #"{"find": "docs", "hint": "rule", "readConcern": {"level": "majority"}}"#
        ),
        (
            Aggregate("docs", [["$match": ["a": 1]], ["$count": "n"]]), "aggregate",
            #"{"aggregate": "docs", "pipeline": [{"$match": {"a": 1}}, {"$count": "n"}], "cursor": {}}"#
        ),
        (
            Aggregate(
                "docs", [], collation: ["locale": "simple"], maxTime: 9, batchSize: 2, allowsDiskUse: true),
            "aggregate",
            #"{"aggregate": "docs", "pipeline": [], "cursor": {"batchSize": 2}, "allowDiskUse": true, "collation": {"locale": "simple"}, "maxTimeMS": 9}"#
        ),
        (ListCollections(), "listCollections", #"{"listCollections": 1, "cursor": {}}"#),
        (
            ListCollections(name: "docs"), "listCollections",
            #"{"listCollections": 1, "filter": {"name": "docs"}, "cursor": {}}"#
        ),
        (
            ListCollections(isNamesOnly: true), "listCollections",
            #"{"listCollections": 1, "nameOnly": true, "authorizedCollections": true, "cursor": {}}"#
        ),
        (ListIndexes("docs"), "listIndexes", #"{"listIndexes": "docs", "cursor": {}}"#),
    ]

    @Test(arguments: queries)
    func aQueryIsThisDocument(_ query: any QueryCommand, operation: String, json: String) throws {
        #expect(query.command().finish() == (try BSONDocument(json: json)))
        #expect(query.operation == operation)
    }

    static let writes: [(any WriteCommand, operation: String, json: String)] = [
        (
            Insert("docs", [["_id": 1], ["_id": 2]]), "insert",
            #"{"insert": "docs", "documents": [{"_id": 1}, {"_id": 2}]}"#
        ),
        (
            Insert("docs", [], isOrdered: false), "insert",
            #"{"insert": "docs", "ordered": false, "documents": []}"#
        ),
        (
            Update("docs", [.init(["_id": 1], ["$set": ["a": 1]])]), "update",
            #"{"update": "docs", "updates": [{"q": {"_id": 1}, "u": {"$set": {"a": 1}}}]}"#
        ),
        (
            Update(
                "docs", [.init([:], [["$set": ["a": 1]]], isMulti: true, isUpsert: true, hint: .idHint)],
                isOrdered: false), "update",
            #"{"update": "docs", "ordered": false, "updates": [{"q": {}, "u": [{"$set": {"a": 1}}], "multi": true, "upsert": true, "hint": {"_id": 1}}]}"#
        ),
        (
            Delete("docs", ["a": 1]), "delete",
            #"{"delete": "docs", "deletes": [{"q": {"a": 1}, "limit": 0}]}"#
        ),
        (
            Delete("docs", ["a": 1], isSingle: true), "delete",
            #"{"delete": "docs", "deletes": [{"q": {"a": 1}, "limit": 1}]}"#
        ),
    ]

    @Test(arguments: writes)
    func aWriteIsThisDocument(_ write: any WriteCommand, operation: String, json: String) throws {
        #expect(write.command().finish() == (try BSONDocument(json: json)))
        #expect(write.operation == operation)
    }

    @Test func findAndModifyHoldsItsWriteConcern() throws {
        let change = FindAndModify(
            "docs", ["_id": 1], update: [["$set": ["a": 1]]], isUpsert: true, concern: .majority(patience: 4))
        var command = BSONBuilder()
        change.append(to: &command)
        let expected = try BSONDocument(
            json:
                #"{"findAndModify": "docs", "query": {"_id": 1}, "update": [{"$set": {"a": 1}}], "upsert": true, "new": true, "writeConcern": {"w": "majority", "wtimeout": 4}}"#
        )
        #expect(command.finish() == expected)
    }

    @Test func anIndexIsCreatedByItsNameAndKeys() throws {
        var command = BSONBuilder()
        CreateIndex("docs", name: "rule", keys: ["rule": 1], isSparse: true).append(to: &command)
        let expected = try BSONDocument(
            json:
                #"{"createIndexes": "docs", "indexes": [{"key": {"rule": 1}, "name": "rule", "sparse": true}]}"#
        )
        #expect(command.finish() == expected)
    }
}
