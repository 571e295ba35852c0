import Testing

@testable import LockstepProviders

@Suite struct TokenLimitTests {
    private struct Case: CustomTestStringConvertible {
        let testDescription: String
        var family = "bert"
        var positions: Int?
        var padding: Int?
        var sequence: Int?
        var tokenizer: Int?
        var table: Int?
        var graph: Int?
        var wanted: Int?
        let tokens: Int
        let source: TokenLimit.Source

        init(
            _ what: String, family: String = "bert", positions: Int? = nil, padding: Int? = nil,
            sequence: Int? = nil, tokenizer: Int? = nil, table: Int? = nil, graph: Int? = nil,
            wanted: Int? = nil, is tokens: Int, of source: TokenLimit.Source
        ) {
            testDescription = what
            (self.family, self.positions, self.padding, self.sequence) = (
                family, positions, padding, sequence
            )
            (self.tokenizer, self.table, self.graph, self.wanted) = (tokenizer, table, graph, wanted)
            (self.tokens, self.source) = (tokens, source)
        }
    }

    private static let cases = [
        Case("the positions of BERT", positions: 512, is: 512, of: .positions),
        Case(
            "of RoBERTa two are none", family: "roberta", positions: 514, padding: 1, is: 512, of: .positions),
        Case("of XLM-R, too", family: "xlm-roberta", positions: 514, is: 512, of: .positions),
        Case("of MPNet, too", family: "mpnet", positions: 514, padding: 1, is: 512, of: .positions),
        Case("sentence-transformers' length", positions: 512, sequence: 256, is: 256, of: .files),
        Case(
            "it stands above the tokenizer's", positions: 512, sequence: 256, tokenizer: 128, is: 256,
            of: .files),
        Case(
            "it does not stand above the positions", positions: 512, sequence: 1024, is: 512, of: .positions),
        Case("the tokenizer's own", positions: 8192, tokenizer: 2048, is: 2048, of: .files),
        Case("no limit that is absurdly large", positions: 512, tokenizer: 1 << 60, is: 512, of: .positions),
        Case("the table in the graph", table: 128, is: 128, of: .positions),
        Case(
            "the table of RoBERTa in the graph", family: "roberta", padding: 1, table: 130, is: 128,
            of: .positions),
        Case("the tokenizer's graph", positions: 512, graph: 128, is: 128, of: .tokenizer),
        Case("what is wanted", positions: 512, wanted: 64, is: 64, of: .maxTokens),
        Case("what is wanted beyond the model", positions: 512, wanted: 1000, is: 512, of: .positions),
        Case("nothing says it", is: 512, of: .assumed),
        Case("nothing says it and more is wanted", wanted: 1000, is: 512, of: .assumed),
        Case("nothing says it and less is wanted", wanted: 100, is: 100, of: .maxTokens),
    ]

    @Test(arguments: cases) private func theLeastHolds(_ each: Case) {
        var files = EncoderFiles()
        (files.family, files.positions, files.padding) = (each.family, each.positions, each.padding)
        (files.sequenceLength, files.tokenizerLength) = (each.sequence, each.tokenizer)
        let limit = TokenLimit(
            files, table: each.table, tokenizer: each.graph, maxTokens: each.wanted)
        #expect(limit.tokens == each.tokens)
        #expect(limit.source == each.source)
    }
}
