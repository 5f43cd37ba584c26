using System.Text;
using NUnit.Framework;
using RigKafka.Messages;

namespace RigKafka.Tests.Messages;

internal sealed class RelaxedJsonTests
{
    [Test]
    public void Write_LeavesLettersOfAnyScriptAndHtmlAsTheyAre() => Assert.That(
        RelaxedJson.Write(json =>
        {
            json.WriteStartObject();
            json.WriteString("ä", "<é>&'\"\n");
            json.WriteEndObject();
        }),
        Is.EqualTo("""{"ä":"<é>&'\"\n"}"""u8.ToArray()));

    [Test]
    public void Write_WithAState_IsTheSame() => Assert.That(RelaxedJson.Write(7, static (json, number) => json.WriteNumberValue(number)), Is.EqualTo("7"u8.ToArray()));

    /// <summary>Also while something else is being written, and after something large, or something that failed.</summary>
    [Test]
    public void Write_AgainAndAgain_BeginsAnewEachTime()
    {
        var large = new string('x', 200_000);
        for (var i = 0; i < 3; i++)
        {
            Assert.That(
                RelaxedJson.Write(json =>
                {
                    json.WriteStartArray();
                    json.WriteRawValue(RelaxedJson.Write(i, static (inner, number) => inner.WriteNumberValue(number)));
                    json.WriteStringValue(large);
                    json.WriteEndArray();
                }),
                Is.EqualTo(Encoding.UTF8.GetBytes($"[{i},\"{large}\"]")));
            Assert.That(
                () => RelaxedJson.Write(json =>
                {
                    json.WriteStartArray();
                    throw new InvalidOperationException();
                }),
                Throws.InvalidOperationException);
            Assert.That(RelaxedJson.Write(json => json.WriteBooleanValue(true)), Is.EqualTo("true"u8.ToArray()));
        }
    }

    [TestCase("", "\"\"")]
    [TestCase("a\"\\\u0001ä<", "\"a\\\"\\\\\\u0001ä<\"")]
    public void Quote_MakesAStringOfAText(string text, string expected) => Assert.Multiple(() =>
    {
        Assert.That(RelaxedJson.Quote(text), Is.EqualTo(expected));
        Assert.That(RelaxedJson.Quote([], Encoding.UTF8.GetBytes(text)), Is.EqualTo(Encoding.UTF8.GetBytes(expected)));
    });
}
