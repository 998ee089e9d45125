extension ExtractorConfiguration {
    /// The published names and shapes of everything that is trained.
    public var parameterShapes: [(name: String, shape: [Int])] {
        var shapes: [(String, [Int])] = [
            ("conv.0.weight", [width, 2 * microphones, 3, 3]), ("conv.0.bias", [width]),
        ]
        for block in 0..<blocks {
            shapes += blockShapes.map { ("blocks.\(block)." + $0.name, $0.shape) }
        }
        if embeddingSize > 0 {
            let size = width * binCount
            shapes += [
                ("embed_to_feats_proj.0.weight", [size, embeddingSize]), ("embed_to_feats_proj.0.bias", [size]),
                ("embed_to_feats_proj.1.weight", [size]), ("embed_to_feats_proj.1.bias", [size]),
            ]
        }
        shapes += [("deconv.weight", [width, 2 * outputs, 3, 3]), ("deconv.bias", [2 * outputs])]
        return shapes.map { ("tfgridnet." + $0.0, $0.1) }
    }

    /// Numbers that are trained.
    public var parameterCount: Int { parameterShapes.reduce(0) { $0 + $1.shape.reduce(1, *) } }

    private var blockShapes: [(name: String, shape: [Int])] {
        var shapes: [(String, [Int])] = []
        for (norm, rnn, linear, suffixes) in [
            ("intra_norm", "intra_rnn", "intra_linear", ["_l0", "_l0_reverse"]),
            ("inter_norm", "inter_rnn", "inter_linear", ["_l0"]),
        ] {
            shapes += [(norm + ".norm.weight", [width]), (norm + ".norm.bias", [width])]
            for suffix in suffixes {
                shapes += [
                    (rnn + ".weight_ih" + suffix, [4 * hidden, width]),
                    (rnn + ".weight_hh" + suffix, [4 * hidden, hidden]),
                    (rnn + ".bias_ih" + suffix, [4 * hidden]), (rnn + ".bias_hh" + suffix, [4 * hidden]),
                ]
            }
            shapes += [(linear + ".weight", [width, suffixes.count * hidden]), (linear + ".bias", [width])]
        }
        for (name, columns, normed) in [
            ("attn_conv_Q", heads * queryWidth, binCount * queryWidth),
            ("attn_conv_K", heads * queryWidth, binCount * queryWidth),
            ("attn_conv_V", width, binCount * valueWidth), ("attn_concat_proj", width, binCount * width),
        ] {
            shapes += [
                (name + ".0.weight", [columns, width]), (name + ".0.bias", [columns]), (name + ".1.weight", [1]),
                (name + ".3.norm.weight", [normed]), (name + ".3.norm.bias", [normed]),
            ]
        }
        return shapes
    }
}
