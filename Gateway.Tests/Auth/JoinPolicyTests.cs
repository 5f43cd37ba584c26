using System.Text.Json;
using NUnit.Framework;
using RigKafka.Auth;

namespace RigKafka.Tests.Auth;

internal sealed class JoinPolicyTests
{
    private const string Ok = "{}";
    private const string Unmatched = """{"reason":"unmatched topic"}""";
    private const string NoUser =
        """{"reason":"join crashed","message":"There is no user: its holder may listen to nothing; expected the claim user (JWT_USER_FIELD), a text or a number."}""";
    private const string NoRoles =
        """{"reason":"join crashed","message":"There are no roles: its holder may listen to nothing; expected the claim roles (JWT_ROLES_FIELD), a text or a list of texts, which may be empty."}""";

    private readonly JoinPolicy _policy = new(new AuthOptions { PrivilegedRoles = ["admin", "support"] });

    [TestCase("user:alice", true, Ok)]
    [TestCase("user:bob", false, """
        "unauthorized user with id \"alice\" tried to join \"user:bob\"!"
        """)]
    [TestCase("user:Alice", false, """
        "unauthorized user with id \"alice\" tried to join \"user:Alice\"!"
        """)]
    [TestCase("user:", false, """
        "unauthorized user with id \"alice\" tried to join \"user:\"!"
        """)]
    [TestCase("role:customer", false, """
        "unauthorized user with id \"alice\" tried to join \"role:customer\"!"
        """)]
    [TestCase("alice", false, Unmatched)]
    [TestCase("", false, Unmatched)]
    [TestCase("User:alice", false, Unmatched)]
    [TestCase("users:alice", false, Unmatched)]
    [TestCase("phoenix", false, Unmatched)]
    public void Decide_OrdinaryUser_HearsTheirOwnTopic(string topic, bool allowed, string response) =>
        Assert.That(_policy.Decide(Who("alice", ["customer", "Admin"]), topic), Is.EqualTo(new JoinDecision(allowed, response)));

    [TestCase("user:alice", true, Ok)]
    [TestCase("user:bob", true, Ok)]
    [TestCase("role:customer", true, Ok)]
    [TestCase("room:lobby", false, Unmatched)]
    public void Decide_PrivilegedUser_HearsEveryUserAndRole(string topic, bool allowed, string response) =>
        Assert.That(_policy.Decide(Who("alice", ["customer", "support"]), topic), Is.EqualTo(new JoinDecision(allowed, response)));

    [TestCase("user:alice", NoUser, NoRoles)]
    [TestCase("role:admin", NoUser, NoRoles)]
    [TestCase("room:lobby", Unmatched, Unmatched)]
    public void Decide_ClaimMissing_IsNoJoin_AndIsNamed(string topic, string withoutUser, string withoutRoles)
    {
        Assert.That(_policy.Decide(Who(null, ["admin"]), topic), Is.EqualTo(new JoinDecision(false, withoutUser)), "user");
        Assert.That(_policy.Decide(Who("alice", null), topic), Is.EqualTo(new JoinDecision(false, withoutRoles)), "roles");
    }

    [Test]
    public void Decide_NumberAsUser_IsComparedAsTextAndShownBare()
    {
        var number = Who("42", []) with { UserIsNumber = true };
        Assert.That(_policy.Decide(number, "user:42").Allowed, Is.True);
        Assert.That(_policy.Decide(number, "user:43").Response, Is.EqualTo("""
            "unauthorized user with id 42 tried to join \"user:43\"!"
            """));
    }

    [Test]
    public void Decide_NoPrivilegedRoles_AreNobodys() =>
        Assert.That(new JoinPolicy(new AuthOptions()).Decide(Who("alice", [""]), "user:bob").Allowed, Is.False);

    [FsCheck.NUnit.Property]
    public void Decide_AnyTopic_IsAnsweredWithOneLineOfJson(string? user, string? topic)
    {
        var response = _policy.Decide(Who(user, []), "user:" + topic).Response;
        Assert.That(() => JsonElement.Parse(response), Throws.Nothing);
        Assert.That(response, Does.Not.Contain('\n').And.Not.Contain('\r'));
    }

    private static Identity Who(string? user, string[]? roles) => new("s1", user, UserIsNumber: false, roles, DateTimeOffset.MaxValue);
}
