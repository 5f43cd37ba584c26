namespace RigKafka.Messages;

/// <summary>Where a client listens: <c>user:NAME</c> or <c>role:NAME</c>, compared by exact characters.</summary>
internal static class Topic
{
    public const string UserPrefix = "user:";
    public const string RolePrefix = "role:";

    public static string OfUser(string user) => UserPrefix + user;

    /// <summary>Whether messages come there: they are always for a user.</summary>
    public static bool IsOfUser(string topic) => topic.StartsWith(UserPrefix, StringComparison.Ordinal);
}
