import Lockstep
import Testing
import TestSupport

/// `lockstep costs`: the ledger, without a daemon.
@Suite struct CostsCommandTests {
    @Test func theLedgerIsShownByDayAndModel() async throws {
        let project = try Project(try TestServer.uri())
        let nothing = try await project.lockstep("costs", "--json")
        #expect(nothing.status == 0 && nothing.out.contains("rows"), "\(nothing)")
        try project.command([
            "insert": "lockstep.ledger",
            "documents": [
                [
                    "_id": ["day": "2999-01-02", "model": "small"], "calls": 3, "inputs": 70, "tokens": 1200,
                    "retries": 1, "price": 0.25,
                ],
                ["_id": ["day": "2001-01-02", "model": "small"], "calls": 9, "price": 9.0],
            ],
        ])
        let json = try await project.lockstep("costs", "--json").out
        let report = try BSONDocument(json: json)
        let rows = report["rows"]?.array?.compactMap { $0.document } ?? []
        try #require(rows.count == 1, "\(json)")
        #expect(rows[0]["tokens"]?.int == 1200 && rows[0]["price"]?.double == 0.25)
        #expect(rows[0]["day"]?.string == "2999-01-02" && report["batches"]?.array?.isEmpty == true)
        let table = try await project.lockstep("costs", "--since", "24h").out
        #expect(table.contains("2999-01-02  small") && table.contains("0.2500"), "\(table)")
    }
}
