@testable import LockstepCore
import MongoBSON
import Testing

struct ProvenanceTests {
    private static let input = Fingerprint(of: ["a"])

    private func stored(_ provenance: Provenance) -> (document: BSONDocument, read: Provenance?) {
        var builder = BSONBuilder()
        provenance.append(to: &builder, forKey: "p")
        let document = builder.finish()
        return (document, document.withView { Provenance($0["p"]) })
    }

    @Test(arguments: [false, true]) func itIsReadAsItWasWritten(isTruncated: Bool) {
        let provenance = Provenance(input: Self.input, version: "1", at: 5, isTruncated: isTruncated)
        let (document, read) = stored(provenance)
        #expect(read == provenance)
        // Nothing is written of texts that are whole.
        #expect(document[path: "p.truncated"]?.bool == (isTruncated ? true : nil))
    }

    @Test(arguments: [false, true]) func freshnessDoesNotGoByIt(isTruncated: Bool) {
        let provenance = Provenance(input: Self.input, version: "1", at: 5, isTruncated: isTruncated)
        let evidence = Evidence(
            input: ["a"],
            stored: OutputEvidence(hasOutput: true, hasProvenance: true, provenance: provenance))
        #expect(evidence.verdict(fingerprint: Self.input, version: "1") == .fresh)
    }
}
