import Foundation

/// Opens a temporary file that has no name any more, so that it vanishes with its descriptor.
/// Negative where that failed; `errno` then says why.
package func openUnnamedFile() -> Int32 {
    var template = Array((FileManager.default.temporaryDirectory.path + "/audiotool-XXXXXX").utf8CString)
    let descriptor = mkstemp(&template)
    if descriptor >= 0 { unlink(template) }
    return descriptor
}
