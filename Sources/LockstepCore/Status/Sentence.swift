extension String {
    /// Without its full stop, for a sentence that goes on.
    package var withoutStop: Substring {
        hasSuffix(".") ? dropLast() : self[...]
    }
}
