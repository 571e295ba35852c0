import Foundation
import Testing

@testable import LockstepProviders

@Suite struct GraphTextTests {
    private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    private static let encoder = """
        <?xml version="1.0"?><net name="m" version="11"><layers>
        <layer id="0" name="a > b" type="Parameter"><output><port id="0" names="input_ids"/></output></layer>
        <layer id="1" name="self.embeddings.position_embeddings.weight" type="Const">
          <data element_type="f32" shape="514, 16" offset="0" size="8"/></layer>
        <layer id="2" name="x" type="Add"><output><port id="2" names="last_hidden_state, y"/></output></layer>
        <layer id="3" name="r" type="Result" RESULT/>
        </layers><edges><edge from-layer="2" from-port="2" to-layer="3" to-port="0"/></edges></net>
        """

    @Test func theOutputsAreNamedByTheResultsOrByWhatLeadsThere() {
        let old = GraphText(Self.bytes(Self.encoder.replacing(" RESULT", with: "")))
        #expect(old.outputs == ["last_hidden_state", "y"])
        let new = GraphText(
            Self.bytes(Self.encoder.replacing("RESULT", with: #"output_names="sentence_embedding""#)))
        #expect(new.outputs == ["sentence_embedding"])
    }

    @Test func theTableOfPositionsIsFound() {
        #expect(GraphText(Self.bytes(Self.encoder)).positions == 514)
        #expect(GraphText(Self.bytes("<net><layers></layers></net>")).positions == nil)
        #expect(GraphText(Self.bytes("no xml <")).layers.isEmpty)
    }

    /// A tokenizer that cuts to six tokens and puts two around them.
    private static func tokenizer(_ length: String) -> [UInt8] {
        bytes(
            """
            <net><layers>
            <layer id="1" name="c" type="Const"><data element_type="i32" shape="" offset="4" size="4"/></layer>
            <layer id="2" name="on" type="Const"><data element_type="boolean" shape="" offset="8" size="1"/></layer>
            <layer id="3" name="v" type="ReadValue"/>
            <layer id="4" name="s" type="Select"/>
            <layer id="5" name="t" type="Truncate"><data m_num_inputs="1"/></layer>
            <layer id="6" name="j" type="CombineSegments"/>
            </layers><edges>
            <edge from-layer="\(length)" from-port="0" to-layer="5" to-port="3"/>
            <edge from-layer="2" from-port="0" to-layer="3" to-port="0"/>
            <edge from-layer="3" from-port="0" to-layer="4" to-port="0"/>
            <edge from-layer="1" from-port="0" to-layer="4" to-port="1"/>
            <edge from-layer="1" from-port="0" to-layer="6" to-port="0"/>
            <edge from-layer="1" from-port="0" to-layer="6" to-port="1"/>
            <edge from-layer="1" from-port="0" to-layer="6" to-port="2"/>
            <edge from-layer="5" from-port="0" to-layer="6" to-port="3"/>
            <edge from-layer="5" from-port="1" to-layer="6" to-port="4"/>
            <edge from-layer="5" from-port="2" to-layer="6" to-port="5"/>
            <edge from-layer="1" from-port="0" to-layer="6" to-port="6"/>
            <edge from-layer="1" from-port="0" to-layer="6" to-port="7"/>
            <edge from-layer="1" from-port="0" to-layer="6" to-port="8"/>
            </edges></net>
            """)
    }

    private static func bin(isOn: Bool) -> [UInt8] { [0, 0, 0, 0, 6, 0, 0, 0, isOn ? 1 : 0] }

    @Test func whatCutsTextsIsTakenOutOfTheTokenizer() throws {
        let graph = TokenizerGraph(xml: Self.tokenizer("1"), bin: Self.bin(isOn: false))
        #expect(graph.limit == 8)
        #expect(graph.bin.count == 13 && Array(graph.bin[9...]) == [0xBF, 0xFF, 0xFF, 0x7F])
        let changed = GraphText(graph.xml)
        let edge = try #require(changed.edge(into: "5", port: "3"))
        let layer = try #require(changed.layer(edge.from))
        #expect(layer.name == "no_truncation" && layer.data["offset"] == "9")
        // Others that read the constant go on doing so.
        #expect(changed.edge(into: "4", port: "1")?.from == "1")
    }

    @Test func aLengthThatIsChosenCountsAsItIsChosenAtFirst() {
        #expect(TokenizerGraph(xml: Self.tokenizer("4"), bin: Self.bin(isOn: true)).limit == 8)
        #expect(TokenizerGraph(xml: Self.tokenizer("4"), bin: Self.bin(isOn: false)).limit == nil)
    }

    @Test func aTokenizerThatCutsNothingStaysAsItIs() {
        let graph = TokenizerGraph(xml: Self.bytes(Self.encoder), bin: [1, 2])
        #expect(graph.limit == nil && graph.bin == [1, 2] && graph.xml == Self.bytes(Self.encoder))
    }
}

@Suite struct LibraryVersionsTests {
    @Test(
        arguments: [
            ("2026.4.1", "2026.4.1.0", nil, true), ("2026.4.1", "2026.4.0.0", nil, false),
            ("2026.4.1", "2025.4.1.0", nil, false), ("2026.4.1", nil, nil, true),
            ("2026.4.1", nil, "libopenvino.so.2540", false), ("2026.4.1", nil, "libopenvino.so.2641", true),
            (nil, nil, nil, true),
        ] as [(String?, String?, String?, Bool)])
    func aPairThatDoesNotFitIsAnErrorThatNamesOneThatDoes(
        openvino: String?, tokenizers: String?, wanted: String?, isGood: Bool
    ) {
        let versions = LibraryVersions(
            openvino: openvino, tokenizers: tokenizers, wanted: wanted, present: ["libopenvino.so.2641"])
        var message: String?
        do throws(OpenVINOError) { try versions.check() } catch { message = "\(error)" }
        #expect((message == nil) == isGood)
        if let message {
            #expect(message.contains("pip install openvino==2026.4.1 openvino-tokenizers==2026.4.1.0"))
        }
    }

    @Test func aVersionIsFoundInWhatLibrariesSay() {
        #expect(LibraryVersions.number("2026.4.1-22982-e213a147257-releases/2026/4") == "2026.4.1")
        #expect(
            LibraryVersions.number("# 2018-2026 Intel\n__version__ = \"2026.4.1.0-738-9bf\"") == "2026.4.1.0")
        #expect(LibraryVersions.number("custom_master") == nil)
    }
}
