import NeuralCore
import TextEncoding

/// A text encoder and a decoder of codes that are trained together. Parameters have the names of a model file of
/// ``MusicModel``.
public struct MusicNetwork: Layer {
    var text: T5Encoder
    /// From the text encoder's width to the decoder's.
    var projection: Linear
    public var decoder: MusicGenDecoder

    /// At first all codes are about equally probable.
    public init(text: T5Configuration, decoder: MusicGenConfiguration, using rng: inout Philox) {
        self.text = T5Encoder(text, using: &rng)
        projection = Linear(text.width, decoder.width, using: &rng)
        self.decoder = MusicGenDecoder(decoder, using: &rng)
        self.decoder.scaleScores(by: 0.1)
    }

    /// What the decoder attends to; texts without pieces are the null condition.
    ///
    /// - Parameter clocks: of the tempos that the texts name; nil for none.
    func memory(_ pieces: [[Int]], clocks: [BeatClock?]? = nil) -> TextMemory? {
        guard let longest = pieces.map(\.count).max(), longest > 0 else { return nil }
        let ids = pieces.map { $0 + [Int](repeating: 0, count: longest - $0.count) }, lengths = pieces.map(\.count)
        // The null condition hears nothing of its states; a piece keeps them finite.
        return TextMemory(
            states: projection(text(ids, lengths: lengths.map { max(1, $0) })), lengths: lengths, clocks: clocks ?? lengths.map { _ in nil })
    }

    public mutating func visitParameters(_ visitor: inout some ParameterVisitor) throws {
        try visitor.visit("text_encoder", &text)
        try visitor.visit("enc_to_dec_proj", &projection)
        try visitor.visit("decoder", &decoder)
    }

    /// A model file's tensors without the codec and the tokeniser.
    static func own(_ file: SafeTensorsFile) -> any TensorSource {
        RenamedTensors(file) { name in
            ["text_encoder.", "enc_to_dec_proj.", "decoder."].contains(where: name.hasPrefix) ? name : nil
        }
    }
}
