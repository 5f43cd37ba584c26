namespace RigKafka.Publishing;

/// <summary>How the body of a POST is to be read.</summary>
internal enum ContentKind
{
    /// <summary>No content type, or none that can be understood: the body is not looked at.</summary>
    None,
    Json,
    Form,
    Multipart,
    Unsupported,
}
