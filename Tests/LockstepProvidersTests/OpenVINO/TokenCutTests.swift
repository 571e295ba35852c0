import Testing

@testable import LockstepProviders

@Suite struct TokenCutTests {
    private static let bert = TokenFrame(opening: [101], closing: [102])

    private func cut(_ row: [Int32], limit: Int, _ frame: TokenFrame, cutsLeft: Bool = false) -> [Int32] {
        var rows = TokenRows(count: 1)
        rows.set(
            0, ids: row, types: [], TokenCut(limit: limit, frame: frame, cutsLeft: cutsLeft), isCut: false)
        return Array(rows.ids[rows[0]])
    }

    @Test func whatClosesATextStaysAtItsEnd() {
        #expect(cut([101, 1, 2, 3, 4, 102], limit: 4, Self.bert) == [101, 1, 2, 102])
    }

    @Test func whatFitsStaysAsItIs() {
        #expect(cut([101, 1, 2, 102], limit: 4, Self.bert) == [101, 1, 2, 102])
    }

    @Test func theBeginningGoesWhereTheTokenizerSaysSo() {
        #expect(cut([101, 1, 2, 3, 4, 102], limit: 4, Self.bert, cutsLeft: true) == [101, 3, 4, 102])
    }

    @Test func aTokenizerThatPutsNothingAroundTextsIsCutPlainly() {
        #expect(cut([1, 2, 3, 4], limit: 2, .none) == [1, 2])
        #expect(cut([1, 2, 3, 9], limit: 2, TokenFrame(opening: [], closing: [9])) == [1, 9])
    }

    @Test func aLimitWithoutRoomForTextLeavesTheBeginning() {
        #expect(cut([101, 1, 2, 102], limit: 2, Self.bert) == [101, 1])
    }

    @Test func whatWasCutIsNoted() {
        var rows = TokenRows(count: 3)
        let cut = TokenCut(limit: 3, frame: Self.bert, cutsLeft: false)
        rows.set(2, ids: [101, 7, 8, 102], types: [0, 0, 1, 1], cut, isCut: false)
        rows.set(0, ids: [101, 7, 102], types: [0, 0, 0], cut, isCut: false)
        rows.set(1, ids: [101, 102], types: [0, 0], cut, isCut: true)
        #expect(rows.cut == [1, 2])
        #expect(rows.counts == [3, 2, 3])
        #expect(rows.types[rows[2]] == [0, 0, 1])
    }

    @Test func theFrameIsWhatAllRowsHave() {
        #expect(TokenFrame([[101, 5, 102], [101, 6, 7, 102], [101, 8, 102]]) == Self.bert)
        #expect(TokenFrame([[5, 1], [6, 7, 1]]) == TokenFrame(opening: [], closing: [1]))
        #expect(TokenFrame([[5], [6, 7]]) == .none)
        // One token is not taken for both.
        #expect(TokenFrame([[9], [9]]) == TokenFrame(opening: [9], closing: []))
        #expect(TokenFrame([]) == .none)
    }
}

@Suite struct TextPieceTests {
    private let piece = TextPiece(limit: 2, cutsLeft: false)

    @Test func noCharacterIsCutInTwo() {
        #expect(String(piece.bytes(of: "aé€", most: 2)) == "a")
        #expect(String(piece.bytes(of: "aé€", most: 3)) == "aé")
        #expect(String(TextPiece(limit: 2, cutsLeft: true).bytes(of: "aé€b", most: 3)) == "b")
        #expect(String(piece.bytes(of: "short", most: 9)) == "short")
    }

    @Test func onlyWhatIsSeenOfATextCountsAsCut() {
        #expect(piece.leavesText(of: "a b", most: 1))
        #expect(!piece.leavesText(of: "a \n\t\u{3000}", most: 1))
        #expect(!piece.leavesText(of: "a b", most: 3))
    }

    @Test func aTextHasToGoFarBeyondTheLimit() {
        #expect(!piece.suffices(tokens: 100))
        #expect(piece.suffices(tokens: 131))
    }

    @Test func aLongTextDoesNotPadShortOnes() {
        #expect(TextPiece.calls(bytes: [5, 90, 6, 4], most: 20) == [[3, 0, 2], [1]])
        #expect(TextPiece.calls(bytes: []).isEmpty)
    }
}
