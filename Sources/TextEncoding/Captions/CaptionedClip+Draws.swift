import NeuralCore

extension CaptionedClip {
    /// The clip's own caption or, with the probability `varied`, one that is written anew from what is known of it.
    package func drawCaption(varied: Float, using rng: inout Philox) -> Caption {
        let isVaried = rng.nextUniform() < varied
        return (isVaried ? CaptionWriter().caption(of: facts, using: &rng) : nil) ?? Caption(text: caption, claims: nil)
    }
}

extension [CaptionedClip] {
    /// The captions, and more of what can be said of each clip, for a tokeniser to learn from.
    package func captionTexts(variations: Int, using rng: inout Philox) -> [String] {
        flatMap { clip in
            [clip.caption] + (0..<variations).compactMap { _ in CaptionWriter().caption(of: clip.facts, using: &rng)?.text }
        }
    }

    /// Sets whole tunes aside, at least one: what is left, and what was set aside.
    ///
    /// - Throws: ``TextEncodingError/tooFewTunes(path:)`` where nothing would be left.
    package func holdingOut(share: Float, path: String, using rng: inout Philox) throws -> ([CaptionedClip], [CaptionedClip]) {
        var remaining = Set(map(\.group)).sorted(), held: Set<String> = []
        guard remaining.count >= 2 else { throw TextEncodingError.tooFewTunes(path: path) }
        for _ in 0..<Swift.max(1, Swift.min(remaining.count - 1, Int((Float(remaining.count) * share).rounded()))) {
            held.insert(remaining.remove(at: rng.nextInt(below: remaining.count)))
        }
        return (filter { !held.contains($0.group) }, filter { held.contains($0.group) })
    }
}
