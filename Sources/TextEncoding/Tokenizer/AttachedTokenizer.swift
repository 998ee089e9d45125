import Foundation
import ModelLibrary

/// The file of a tokeniser in a folder of Hugging Face, which goes into the model file as bytes.
package struct AttachedTokenizer {
    package let name: String
    package let bytes: [UInt8]

    /// SentencePiece's own form is preferred: it says the same in a third of the space.
    static let names = ["tokenizer/spiece.model", "tokenizer/tokenizer.json"]

    /// - Throws: ``TextEncodingError/noTokenizer(path:)`` where the folder has neither form.
    package init(_ folder: HuggingFaceFolder) throws {
        for name in Self.names {
            guard let path = folder.file(String(name.dropFirst("tokenizer/".count))) else { continue }
            guard let data = FileManager.default.contents(atPath: path), data.count <= 64 << 20 else {
                throw TextEncodingError.invalidTokenizer(path: path, reason: "it cannot be read, or is far too long")
            }
            (self.name, bytes) = (name, [UInt8](data))
            return
        }
        throw TextEncodingError.noTokenizer(path: folder.path)
    }

    package func tokenizer(path: String) throws -> UnigramTokenizer {
        name.hasSuffix(".model")
            ? try UnigramTokenizer(sentencePiece: bytes, path: path) : try UnigramTokenizer(json: bytes, path: path)
    }

    package init?(_ file: ModelFile) throws {
        guard let name = file.attachedFiles.first(where: Self.names.contains) else { return nil }
        (self.name, bytes) = (name, try file.file.bytes(name))
    }
}

extension UnigramTokenizer {
    /// The tokeniser inside a model file.
    package init(_ file: ModelFile) throws {
        guard let attached = try AttachedTokenizer(file) else {
            throw TextEncodingError.noTokenizer(path: file.path)
        }
        self = try attached.tokenizer(path: file.path)
    }

    /// Whether the encoder knows all its pieces.
    package func check(against encoder: T5Configuration, path: String) throws {
        guard vocabularySize <= encoder.vocabularySize else {
            throw TextEncodingError.vocabularyTooLarge(path: path, pieces: vocabularySize, entries: encoder.vocabularySize)
        }
    }
}
