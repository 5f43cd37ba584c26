using System.Text;
using System.Text.Json;
using FsCheck;
using NUnit.Framework;
using RigKafka.Auth;
using RigKafka.Presence;

namespace RigKafka.Tests.Presence;

/// <summary>What is written to the table, and what is read from it, on any node.</summary>
internal sealed class PresenceRecordTests
{
    [FsCheck.NUnit.Property]
    public bool Record_IsReadAsItWasWritten(NonNull<string> user, NonNull<string> session, NonNull<string>[] roles, bool expires, string? address)
    {
        string[] names = [Valid(user.Get), Valid(session.Get), .. roles.Select(role => Valid(role.Get))];
        var identity = new Identity(names[1], names[0], false, names[2..], expires ? DateTimeOffset.UnixEpoch.AddMilliseconds(1234) : DateTimeOffset.MaxValue, null, """{"x":[1]}"""u8.ToArray());

        var read = PresenceRecord.TryRead(PresenceRecord.Write(new Visitor(identity, address is null ? null : Valid(address), "desktop", "Firefox"), 99, "ref"))!;

        using var meta = JsonDocument.Parse(read.Meta);
        return read.User == names[0] && read.Session == names[1] && read.Roles.SequenceEqual(names[2..]) && read.Time == 99
            && read.Expires == (expires ? 1234 : null)
            && meta.RootElement.GetProperty("phx_ref").GetString() == "ref" && meta.RootElement.GetProperty("x").GetRawText() == "[1]"
            && meta.RootElement.GetProperty("time").GetInt64() == 99;
    }

    [TestCase("")]
    [TestCase("null")]
    [TestCase("[]")]
    [TestCase("{}")]
    [TestCase("""{"user":"a","jti":"j","time":1}""")]
    [TestCase("""{"user":1,"jti":"j","time":1,"meta":{}}""")]
    [TestCase("""{"user":"a","jti":"j","time":1.5,"meta":{}}""")]
    [TestCase("""{"user":"a","jti":"j","time":1,"roles":[1],"meta":{}}""")]
    [TestCase("""{"user":"a","jti":"j","time":1,"meta":[]}""")]
    [TestCase("""{"user":"a","jti":"j","time":1,"meta":{""")]
    public void ForeignValue_IsNone(string value) => Assert.That(PresenceRecord.TryRead(Encoding.UTF8.GetBytes(value)), Is.Null);

    [Test]
    public void MembersOfALaterVersion_ArePassedOver() =>
        Assert.That(PresenceRecord.TryRead("""{"later":{"a":[1]},"user":"a","jti":"j","time":1,"meta":{"b":2},"more":1}"""u8.ToArray())!.User, Is.EqualTo("a"));

    [FsCheck.NUnit.Property]
    public bool KeyOfAChannel_IsReadAsItWasWritten(NonNull<string> topic, PositiveInt connection) =>
        PresenceKey.TryParse(PresenceKey.OfChannel("0123", connection.Get, topic.Get)) == new PresenceKey("0123", connection.Get, topic.Get);

    [TestCase("0123", "0123", 0, null)]
    [TestCase("0123/4/user:a/b", "0123", 4, "user:a/b")]
    public void Key_SaysWhatItIsAbout(string text, string node, long connection, string? topic) => Assert.That(PresenceKey.TryParse(text), Is.EqualTo(new PresenceKey(node, connection, topic)));

    [TestCase("")]
    [TestCase("/1/user:a")]
    [TestCase("0123/user:a")]
    [TestCase("0123/x/user:a")]
    [TestCase("0123//user:a")]
    [TestCase("0123/-1/user:a")]
    public void ForeignKey_IsNone(string text) => Assert.That(PresenceKey.TryParse(text), Is.Null);

    /// <summary>Half a surrogate pair is no text in JSON.</summary>
    private static string Valid(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
}
