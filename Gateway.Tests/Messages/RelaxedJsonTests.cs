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

    [TestCase("", "\"\"")]
    [TestCase("a\"\\\u0001ä<", "\"a\\\"\\\\\\u0001ä<\"")]
    public void Quote_MakesAStringOfAText(string text, string expected) => Assert.Multiple(() =>
    {
        Assert.That(RelaxedJson.Quote(text), Is.EqualTo(expected));
        Assert.That(RelaxedJson.Quote([], Encoding.UTF8.GetBytes(text)), Is.EqualTo(Encoding.UTF8.GetBytes(expected)));
    });
}
