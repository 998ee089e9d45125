import NeuralCore

/// What is known to be true of a piece of music; nil is not known.
///
/// Names are those of a `clips.jsonl`, as `recipes/music/render.py` writes it.
public struct MusicFacts: Sendable, Hashable {
    public var instrument: String?
    /// What plays chords to it.
    public var accompaniment: String?
    /// Whether nothing accompanies it; `"accompaniment": null` says so.
    public var isSolo: Bool?
    /// Beats a minute.
    public var bpm: Int?
    /// `slow`, `moderate` or `fast`.
    public var pace: String?
    /// The tonic, such as `F sharp`.
    public var key: String?
    /// `major`, `minor`, `dorian`, …
    public var mode: String?
    public var metre: String?
    /// `soft`, `medium` or `loud`.
    public var loudness: String?
    public var mood: String?
    /// The kind of tune, such as `waltz` or `reel`.
    public var rhythm: String?

    public init() {}

    static let texts: [(name: String, WritableKeyPath<MusicFacts, String?> & Sendable)] = [
        ("instrument", \.instrument), ("accompaniment", \.accompaniment), ("pace", \.pace), ("key", \.key), ("mode", \.mode),
        ("metre", \.metre), ("loudness", \.loudness), ("mood", \.mood), ("rhythm", \.rhythm),
    ]

    /// - Throws: ``Fault`` for a member of another type.
    init(_ line: JSONValue) throws {
        for (name, path) in Self.texts where !line[name].isNull {
            guard let text = line[name].string else { throw Fault(reason: "\"\(name)\" is no text") }
            self[keyPath: path] = text
        }
        if line.object?["accompaniment"] != nil { isSolo = accompaniment == nil }
        guard !line["bpm"].isNull else { return }
        guard let bpm = line["bpm"].double, (1...1000).contains(bpm) else { throw Fault(reason: "\"bpm\" is no tempo") }
        self.bpm = Int(bpm.rounded())
    }

    struct Fault: Error { let reason: String }
}

/// A text about music, and what it claims.
public struct Caption: Sendable, Hashable {
    public var text: String
    /// What it says; nil where that is not known.
    public var claims: MusicFacts?
    /// By how many beats a minute the tempo may be off.
    public var tempoTolerance = 0

    public init(text: String, claims: MusicFacts?) { (self.text, self.claims) = (text, claims) }

    /// Whether all that it claims is true of a piece. False where that cannot be told.
    public func holds(of facts: MusicFacts) -> Bool {
        guard let claims else { return false }
        let texts = MusicFacts.texts.allSatisfy { claims[keyPath: $0.1] == nil || claims[keyPath: $0.1] == facts[keyPath: $0.1] }
        guard texts, claims.isSolo == nil || claims.isSolo == facts.isSolo else { return false }
        guard let bpm = claims.bpm else { return true }
        return facts.bpm.map { abs($0 - bpm) <= tempoTolerance } ?? false
    }
}
