namespace RigKafka.Apis;

/// <summary>The seven methods that are proxied.</summary>
internal static class Verbs
{
    public const string All = "GET, POST, PUT, PATCH, DELETE, HEAD or OPTIONS";

    public static bool Contains(string method) => method is "GET" or "POST" or "PUT" or "PATCH" or "DELETE" or "HEAD" or "OPTIONS";

    /// <summary>Whether a request has a body by its nature, so that a record can be made of it.</summary>
    public static bool HaveBody(string method) => method is "POST" or "PUT" or "PATCH";
}
