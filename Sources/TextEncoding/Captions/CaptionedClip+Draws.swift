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

    /// A tokeniser trained on the captions and on others like them, as the bytes of a `tokenizer.json`.
    package func trainedTokenizer(vocabularySize: Int, using rng: inout Philox) throws -> [UInt8] {
        try UnigramTrainer(vocabularySize: vocabularySize).train(on: captionTexts(variations: 20, using: &rng))
    }

    /// Clips to train with and to validate with.
    ///
    /// - Parameters:
    ///   - validationMusic: A folder to validate with; nil holds a share of the tunes of `music` out.
    /// - Throws: ``TextEncodingError``.
    package static func split(
        _ music: String, validation validationMusic: String?, heldOut: Float, using rng: inout Philox
    ) throws -> (training: [CaptionedClip], validation: [CaptionedClip]) {
        let clips = try CaptionedFolder(path: music).clips
        if let validationMusic { return (clips, try CaptionedFolder(path: validationMusic).clips) }
        return try clips.holdingOut(share: heldOut, path: music, using: &rng)
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
