@testable import MongoBSON
@testable import MongoDriver
import Testing

/// What is told of MongoDB's errors, and what they call for.
@Suite struct ServerErrorTests {
    private static let card = "4111111111111111"

    /// As MongoDB 6.0 sends them, with a card's number wherever a value of a document can come.
    static let messages: [(raw: String, told: String)] = [
        (
            #"Can't extract geo keys: { _id: 1, card: "\#(card)", _outputs: { text: { m: [ 500, 900, 1.0 ] } } }  can't project geometry into spherical CRS: [ 500, 900, 1.0 ]"#,
            "Can't extract geo keys …"
        ),
        (#"Cannot create field 'text' in element {_outputs: "\#(card)"}"#, "Cannot create field …"),
        ("language override unsupported: Mallory", "language override unsupported …"),
        ("cannot index parallel arrays [card] [m]", "cannot index parallel arrays …"),
        (
            "Executor error during find command :: caused by :: The argument to $size must be an array, but was of type: string",
            "The argument to $size must be an array, but was of type …"
        ),
        (
            "Failed to parse number '\(card)x' in $convert with no onError value: Did not consume whole string.",
            "Failed to parse number …"
        ),
        ("can't convert \(card) to an int", "can't convert … to an int"),
        ("User writes blocked", "User writes blocked"),
        ("it's \"\(card)\" and `\(card)` and =\(card)", "it's …"),
        ("the client's request", "the client's request"),
        ("'it's \(card)'", ""),
        ("\(card)", "…"),
        ("", ""),
    ]

    @Test(arguments: messages)
    func aMessageOfTheServerIsToldWithoutItsValues(raw: String, told: String) {
        let error = MongoError(
            source: .server, code: 99, message: raw, operation: "find", namespace: "shop.docs")
        #expect(error.message == told)
        #expect(!"\(error) \(String(reflecting: error))".contains("4111"))
        let reply: BSONDocument = ["writeErrors": [["index": 0, "code": 99, "errmsg": BSONValue(raw)]]]
        #expect(reply.withView { WriteResult($0) }.errors.first?.message == told)
    }

    @Test func theDatabaseIsNamedThoughItsNameHoldsDigits() {
        let error = MongoError(
            source: .server, code: 13, codeName: "Unauthorized", message: "not authorized on shop2",
            operation: "find", namespace: "shop2.docs")
        #expect(
            error.description.hasPrefix("find on shop2.docs: not authorized on shop2 (Unauthorized, code 13)")
        )
    }

    static let validations: [(details: BSONDocument, told: String, fields: [String])] = [
        (
            [
                "operatorName": "$jsonSchema",
                "schemaRulesNotSatisfied": [
                    [
                        "operatorName": "additionalProperties",
                        "specifiedAs": ["additionalProperties": false],
                        "additionalProperties": ["_outputs", "_lockstep"],
                    ]
                ],
            ], "additionalProperties of `_outputs`, `_lockstep`", ["_outputs", "_lockstep"]
        ),
        (
            [
                "operatorName": "$jsonSchema",
                "schemaRulesNotSatisfied": [
                    [
                        "operatorName": "properties",
                        "propertiesNotSatisfied": [
                            [
                                "propertyName": "card",
                                "details": [
                                    [
                                        "operatorName": "maxLength", "specifiedAs": ["maxLength": 3],
                                        "reason": "specified string length was not satisfied",
                                        "consideredValue": BSONValue(card),
                                    ]
                                ],
                            ],
                            [
                                "propertyName": "_outputs",
                                "details": [
                                    [
                                        "operatorName": "properties",
                                        "propertiesNotSatisfied": [
                                            [
                                                "propertyName": "text",
                                                "details": [
                                                    [
                                                        "operatorName": "bsonType",
                                                        "consideredValue": BSONValue(card),
                                                    ]
                                                ],
                                            ]
                                        ],
                                    ]
                                ],
                            ],
                        ],
                    ]
                ],
            ], "maxLength of `card`, bsonType of `_outputs.text`", ["card", "_outputs.text"]
        ),
        (
            [
                "operatorName": "$in", "specifiedAs": ["text": ["$in": ["a", "b"]]],
                "reason": "no matching value found in array", "consideredValue": BSONValue(card),
            ], "$in of `text`", ["text"]
        ),
        (
            [
                "operatorName": "$and",
                "clausesNotSatisfied": [
                    [
                        "index": 1,
                        "details": [
                            "operatorName": "$exists", "specifiedAs": ["_outputs": ["$exists": false]],
                        ],
                    ]
                ],
            ], "$exists of `_outputs`", ["_outputs"]
        ),
        (
            ["operatorName": "additionalProperties", "additionalProperties": [BSONValue(card)]],
            "additionalProperties of …", [card]
        ),
        (
            ["operatorName": "$expr", "specifiedAs": ["$expr": ["$eq": ["$a", BSONValue(card)]]]], "$expr", []
        ),
        (["details": 5], "a rule", []),
    ]

    @Test(arguments: validations.indices)
    func theRulesOfAValidatorAreToldByTheirNames(index: Int) throws {
        let (details, told, fields) = Self.validations[index]
        let reply: BSONDocument = [
            "writeErrors": [
                [
                    "index": 3, "code": 121, "errmsg": "Document failed validation",
                    "errInfo": ["failingDocumentId": BSONValue(Self.card), "details": BSONValue(details)],
                ]
            ]
        ]
        let error = try #require(reply.withView { WriteResult($0) }.errors.first)
        #expect(error.index == 3)
        #expect(error.message == "the collection's validator refuses the document: \(told)")
        #expect(error.fields == fields)
    }

    @Test func aKeyThatIsTakenIsToldByItsIndex() throws {
        let reply: BSONDocument = [
            "writeErrors": [
                [
                    "index": 0, "code": 11000,
                    "errmsg": BSONValue(
                        "E11000 duplicate key error collection: t.u index: i dup key: { m: \"\(Self.card)\" }"
                    ),
                    "keyPattern": ["_outputs.text.m": 1],
                    "keyValue": ["_outputs.text.m": BSONValue(Self.card)],
                ]
            ]
        ]
        let error = try #require(reply.withView { WriteResult($0) }.errors.first)
        #expect(
            error.message == "another document has the same key in the unique index on `_outputs.text.m`")
    }

    /// Codes, and whether waiting may help.
    static let codes: [(code: Int, passes: Bool)] = [
        // Of a server that blocks writes, has no room, or says what is not known here.
        (371, true), (365, true), (8000, true), (14031, true), (1, true), (8, true), (4711, true),
        // Elections, timeouts, interruptions, cursors that ended.
        (91, true), (189, true), (10107, true), (11600, true), (11602, true), (13435, true), (50, true),
        (262, true), (112, true), (43, true), (237, true), (20, true), (94, true), (26, true),
        // Rights, requests that are none, documents and rules.
        (13, false), (18, false), (11, false), (2, false), (9, false), (59, false), (72, false), (73, false),
        (166, false), (40324, false), (121, false), (11000, false), (28, false), (66, false), (10334, false),
        (17419, false), (16755, false), (17124, false), (99_999, false), (286, false), (260, false),
    ]

    @Test(arguments: codes)
    func whatIsNotKnownNeverToPassIsWaitedFor(code: Int, passes: Bool) {
        let error = MongoError(source: .server, code: code, message: "", operation: "o", namespace: "db")
        #expect(error.isTransient == passes)
        #expect(MongoError.isTransient(code: code) == passes)
    }

    @Test func whatIsNoServersIsToldByItsSource() {
        func error(_ source: MongoError.Source, labels: [String] = []) -> MongoError {
            MongoError(
                source: source, code: 121, message: "", labels: labels, operation: "o", namespace: "db")
        }
        #expect(error(.network).isTransient)
        #expect(error(.serverSelection).isTransient)
        #expect(error(.server, labels: ["RetryableWriteError"]).isTransient)
        #expect(!error(.authentication).isTransient)
        #expect(!error(.tls).isTransient)
        #expect(!error(.client).isTransient)
    }
}
