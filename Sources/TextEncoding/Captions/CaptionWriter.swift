import NeuralCore

/// Says in many ways what is true of a piece of music, so that a model understands prompts of many wordings.
///
/// ```swift
/// var rng = Philox(seed: 1)
/// CaptionWriter().caption(of: clip.facts, using: &rng)?.text      // "a slow waltz for solo piano, 84 bpm"
/// ```
/// Which facts are told, in which order and in which words is drawn. Nothing is said that is not known.
public struct CaptionWriter: Sendable {
    public init() {}

    /// nil where nothing is known that it has words for.
    public func caption(of facts: MusicFacts, using rng: inout Philox) -> Caption? {
        var draft = CaptionDraft(facts: facts, rng: rng)
        defer { rng = draft.rng }
        return draft.caption()
    }
}

/// One caption in the making.
private struct CaptionDraft {
    let facts: MusicFacts
    var rng: Philox
    private var claims = MusicFacts()
    private var tempoTolerance = 0

    init(facts: MusicFacts, rng: Philox) { (self.facts, self.rng) = (facts, rng) }

    mutating func caption() -> Caption? {
        var player = player(chance: 0.85)
        let qualities = qualities(), noun = noun(), details = details()
        if claims == MusicFacts() { player = self.player(chance: 1) }
        guard claims != MusicFacts() else { return nil }
        var text = chance(0.6) ? sentence(player, qualities, noun, details) : list(player, qualities, noun, details)
        if chance(0.15) { text = pick(["a recording of", "music:", "please make", "some", "instrumental music,"]) + " " + text }
        if chance(0.3) { text += "." }
        var caption = Caption(text: text, claims: claims)
        caption.tempoTolerance = tempoTolerance
        return caption
    }

    // MARK: Parts

    private mutating func player(chance probability: Float) -> String? {
        guard let instrument = facts.instrument, chance(probability) else { return nil }
        claims.instrument = instrument
        let name = pick(Vocabulary.instruments[instrument] ?? [instrument])
        guard let accompaniment = facts.accompaniment, chance(0.8) else {
            guard facts.isSolo == true, chance(0.6) else { return name }
            claims.isSolo = true
            return "solo " + name
        }
        claims.accompaniment = accompaniment
        let other = pick(Vocabulary.instruments[accompaniment] ?? [accompaniment])
        return pick([
            "\(name) with \(other) chords", "\(name) accompanied by \(other)", "\(name) melody with \(other) chords",
            "\(name) and \(other)", "\(name) with \(other)",
        ])
    }

    /// Adjectives.
    private mutating func qualities() -> [String] {
        var words: [String] = []
        if let pace = facts.pace, let names = Vocabulary.paces[pace], chance(0.5) {
            claims.pace = pace
            words.append(pick(names))
        }
        if let mood = facts.mood, chance(0.4) {
            claims.mood = mood
            words.append(pick(Vocabulary.moods[mood] ?? [mood]))
        }
        if let loudness = facts.loudness, let names = Vocabulary.loudnesses[loudness], chance(0.2) {
            claims.loudness = loudness
            words.append(pick(names))
        }
        return shuffled(words)
    }

    private mutating func noun() -> String? {
        guard let rhythm = facts.rhythm, chance(0.65) else { return chance(0.7) ? pick(Vocabulary.pieces) : nil }
        claims.rhythm = rhythm
        return rhythm
    }

    private mutating func details() -> [String] {
        var parts: [String] = []
        if let key = facts.key, let mode = facts.mode, chance(0.35) {
            (claims.key, claims.mode) = (key, mode)
            let name = key.hasSuffix(" sharp") ? pick([key, key.prefix(1) + "#", key.prefix(1) + "-sharp"])
                : key.hasSuffix(" flat") ? pick([key, key.prefix(1) + "b", key.prefix(1) + "-flat"]) : key
            parts.append(pick(["in \(name) \(mode)", "key of \(name) \(mode)", "\(name) \(mode)"]))
        } else if let mode = facts.mode, chance(0.15) {
            claims.mode = mode
            parts.append(pick(["in a \(mode) key", "in \(mode)", "\(mode) key"]))
        }
        if let bpm = facts.bpm, chance(0.45) {
            claims.bpm = bpm
            if chance(0.25) {
                tempoTolerance = 3
                parts.append("\(pick(["about", "around", "roughly"])) \((bpm + 2) / 5 * 5) bpm")
            } else {
                parts.append(pick(["\(bpm) bpm", "at \(bpm) bpm", "\(bpm) beats per minute", "tempo \(bpm)", "\(bpm)bpm"]))
            }
        }
        if let metre = facts.metre, chance(0.3) {
            claims.metre = metre
            let other = metre == "3/4" ? "in waltz time" : metre == "4/4" ? "in common time" : "in \(metre)"
            parts.append(pick(["in \(metre)", "\(metre) time", "in \(metre) time", metre, other]))
        }
        if claims.loudness == nil, let loudness = facts.loudness, let names = Vocabulary.manners[loudness], chance(0.2) {
            claims.loudness = loudness
            parts.append(pick(names))
        }
        return shuffled(parts)
    }

    // MARK: Forms

    /// "a slow, sad waltz for solo piano in D minor, 84 bpm"
    private mutating func sentence(_ player: String?, _ qualities: [String], _ noun: String?, _ details: [String]) -> String {
        let head = (qualities + [noun ?? pick(Vocabulary.pieces)]).joined(separator: chance(0.3) ? ", " : " ")
        let article = "aeiou".contains(head.first ?? "x") ? "an" : "a"
        var text = chance(0.75) ? article + " " + head : head
        if let player { text += " " + pick(["for", "on", "played by", "with", "played on the", "for", "on a"]) + " " + player }
        let comma = chance(0.6) ? ", " : " "
        return details.isEmpty ? text : text + comma + details.joined(separator: comma)
    }

    /// "solo piano, slow, waltz, D minor"
    private mutating func list(_ player: String?, _ qualities: [String], _ noun: String?, _ details: [String]) -> String {
        let parts = [player, noun].compactMap(\.self) + qualities + details
        return (chance(0.5) ? shuffled(parts) : parts).joined(separator: chance(0.8) ? ", " : " ")
    }

    // MARK: Draws

    private mutating func chance(_ probability: Float) -> Bool { rng.nextUniform() < probability }

    private mutating func pick(_ options: [String]) -> String { options[rng.nextInt(below: options.count)] }

    private mutating func shuffled(_ parts: [String]) -> [String] { parts.shuffled(using: &rng) }
}
