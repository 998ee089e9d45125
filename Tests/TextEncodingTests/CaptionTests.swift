import Foundation
import NeuralCore
import Testing

@testable import TextEncoding

@Suite struct CaptionTests {
    private static func facts(_ json: String) throws -> MusicFacts { try MusicFacts(JSONValue(parsing: json)) }

    private static let waltz = #"""
        {"instrument": "violin", "accompaniment": null, "bpm": 84, "pace": "slow", "key": "F sharp", "mode": "minor", "metre": "3/4",
         "loudness": "soft", "mood": "sad", "rhythm": "waltz"}
        """#

    /// Captions are varied, claim only what is true, and do not claim what is true of other music.
    @Test func saysOnlyWhatIsTrue() throws {
        let facts = try Self.facts(Self.waltz), empty = MusicFacts()
        var rng = Philox(seed: 1), texts: Set<String> = []
        for _ in 0..<500 {
            let caption = try #require(CaptionWriter().caption(of: facts, using: &rng))
            texts.insert(caption.text)
            #expect(caption.holds(of: facts) && !caption.holds(of: empty), "\(caption.text)")
            for foreign in ["piano", "fast", "loud", "major", "reel", "with", "4/4", "happy"] where foreign != "with" {
                #expect(!caption.text.contains(foreign), "\(caption.text)")
            }
            if caption.text.contains("84") { #expect(caption.claims?.bpm == 84 && caption.tempoTolerance == 0) }
            if caption.text.contains("85") { #expect(caption.claims?.bpm == 84 && caption.tempoTolerance == 3) }
            if caption.text.contains("solo") { #expect(caption.claims?.isSolo == true) }
        }
        #expect(texts.count > 400)
        for word in ["fiddle", "violin", "F# minor", "waltz time", "unhurried", "quietly", "melancholy", "beats per minute", "about 85 bpm", "a recording of"] {
            #expect(texts.contains { $0.contains(word) }, "\(word)")
        }
        #expect(CaptionWriter().caption(of: empty, using: &rng) == nil)
        #expect(CaptionWriter().caption(of: try Self.facts(#"{"instrument": "kazoo"}"#), using: &rng)?.text.contains("kazoo") == true)
    }

    @Test func claims() throws {
        let facts = try Self.facts(Self.waltz)
        var other = facts
        other.key = "G"
        var caption = Caption(text: "a slow waltz", claims: nil)
        #expect(!caption.holds(of: facts))
        caption.claims = MusicFacts()
        caption.claims?.pace = "slow"
        #expect(caption.holds(of: facts) && caption.holds(of: other))
        caption.claims?.key = "G"
        #expect(!caption.holds(of: facts) && caption.holds(of: other))
        caption.claims?.bpm = 88
        #expect(!caption.holds(of: other))
        caption.tempoTolerance = 4
        #expect(caption.holds(of: other))
    }

    /// Whether something accompanies is known where the list says so.
    @Test func solo() throws {
        #expect(try Self.facts(Self.waltz).isSolo == true)
        #expect(try Self.facts(#"{"instrument": "violin"}"#).isSolo == nil)
        #expect(try Self.facts(#"{"instrument": "violin", "accompaniment": "harp"}"#).isSolo == false)
    }

    private func message(_ list: String?) throws -> String {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("captions-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data("x".utf8).write(to: folder.appendingPathComponent("a.wav"))
        if let list { try Data(list.utf8).write(to: folder.appendingPathComponent("clips.jsonl")) }
        do {
            return "\(try CaptionedFolder(path: folder.path).clips.map(\.caption))"
        } catch let error as TextEncodingError {
            let text = error.localizedDescription
            #expect(!text.contains("\n"))
            return text
        }
    }

    @Test func listsThatCannotBeUsed() throws {
        let good = #"{"file": "a.wav", "caption": "x"}"#
        #expect(try message(good + "\n\n" + good) == #"["x", "x"]"#)
        #expect(try message(nil).contains("clips.jsonl"))
        #expect(try message("\n").contains("clips.jsonl"))
        for (line, reason) in [
            ("{", "no JSON object"), ("[1]", "no JSON object"), (#"{"caption": "x"}"#, "\"file\""), (#"{"file": 3, "caption": "x"}"#, "\"file\""),
            (#"{"file": "a.wav"}"#, "\"caption\""), (#"{"file": "a.wav", "caption": 5}"#, "\"caption\""),
            (#"{"file": "a.wav", "caption": " "}"#, "empty"), (#"{"file": "b.wav", "caption": "x"}"#, "b.wav"),
            (#"{"file": "a.wav", "caption": "x", "bpm": "fast"}"#, "\"bpm\""), (#"{"file": "a.wav", "caption": "x", "mood": 1}"#, "\"mood\""),
            (#"{"file": "a.wav", "caption": "x", "bpm": 1e300}"#, "\"bpm\""),
        ] {
            let text = try message(good + "\n" + line)
            #expect(text.contains(reason) && text.contains("line 2"), "\(text)")
        }
    }

    @Test func holdsOutWholeTunes() throws {
        let clips = (0..<20).map { CaptionedClip(path: "\($0)", caption: "c", facts: MusicFacts(), group: "\($0 / 2)") }
        var rng = Philox(seed: 3)
        let (kept, held) = try clips.holdingOut(share: 0.2, path: "x", using: &rng)
        #expect(held.count == 4 && kept.count == 16 && Set(held.map(\.group)).isDisjoint(with: kept.map(\.group)))
        #expect(throws: TextEncodingError.self) { try Array(clips.prefix(2)).holdingOut(share: 0.5, path: "x", using: &rng) }
    }

    @Test func namedTempo() {
        for (text, tempo) in [
            ("Techno, 128.5bpm", 128.5), ("a slow waltz at 84 BPM", 84), ("96 beats per minute", 96), ("reel, tempo 120", 120),
            ("Tempo: 60", 60), ("two dances, about 100 bpm", 100),
        ] {
            #expect(text.namedTempo == tempo, "\(text)")
        }
        for text in ["", "a reel in 6/8", "9000 bpm", "1120 bpm", "at 5 bpm", "bpm 120x", "temporary 90"] { #expect(text.namedTempo == nil, "\(text)") }
    }
}
