import NeuralCore
import Testing

@Suite struct JSONValueTests {
    @Test func readsValues() throws {
        let text = #" {"a": [1, -2.5e1, true, null], "b": {"c": "é\u00e9\ud83d\ude00\n\"\\\/"}, "d": 12345678901234567890} "#
        let value = try JSONValue(parsing: text)
        #expect(value["a"][0].int == 1)
        #expect(value["a"][1].double == -25)
        #expect(value["a"][1].int == -25)
        #expect(value["a"][2].bool == true)
        #expect(value["a"][3].isNull)
        #expect(value["a"][4].isNull)
        #expect(value["a"].doubles == nil)
        #expect(value["b"]["c"].string == "éé😀\n\"\\/")
        #expect(value["d"].int == nil)
        #expect(value["d"].double == 12345678901234567168)
        #expect(value.object?.keys == ["a", "b", "d"])
    }

    @Test(arguments: [
        "", "{", "[1,]", "{\"a\":1,}", "{\"a\":1 \"b\":2}", "01", "1.", ".5", "+1", "1e", "1e999", "nul", "NaN", "\"a",
        "\"\u{1}\"", "\"\\x\"", "\"\\ud800\"", "\"\\udc00\"", "\"\\u12g4\"", "{\"a\":1,\"a\":2}", "[1] 2", "{1:2}",
        String(repeating: "[", count: 1000) + String(repeating: "]", count: 1000),
    ])
    func refuses(_ text: String) {
        #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
    }

    @Test func refusesBytesThatAreNoUTF8() {
        #expect(throws: JSONError.self) { try JSONValue(parsing: [0x22, 0xFF, 0x22]) }
    }
}
